import { describe, expect, test } from 'vitest'
import { expectProblem } from './expectations.ts'
import type { ContractSite, Role } from './site.ts'

/** The column "Role" of http.md §2–§8 and §12–§14, one line a route, and the error for an id that nobody has. */
const ROUTES: readonly (readonly [method: string, path: string, least: Role, unknown?: string, body?: unknown])[] = [
  ['POST', '/auth/logout', 'viewer'],
  ['GET', '/auth/me', 'viewer'],

  ['GET', '/users', 'admin'],
  ['POST', '/users', 'admin'],
  ['GET', '/users/none', 'viewer', 'user.unknown'],
  ['PUT', '/users/none', 'viewer', 'user.unknown', { username: 'nobody here' }],
  ['DELETE', '/users/none', 'admin', 'user.unknown'],

  ['GET', '/tokens', 'viewer'],
  ['POST', '/tokens', 'viewer'],
  ['DELETE', '/tokens/none', 'viewer', 'token.unknown'],

  ['GET', '/events', 'viewer'],
  ['POST', '/events', 'operator'],
  ['GET', '/events/none', 'viewer', 'event.unknown'],
  ['PUT', '/events/none', 'operator', 'event.unknown', { unit: 'K' }],
  ['DELETE', '/events/none', 'operator', 'event.unknown'],

  ['GET', '/experiments', 'viewer'],
  ['POST', '/experiments', 'operator'],
  ['GET', '/experiments/none', 'viewer', 'experiment.unknown'],
  ['PUT', '/experiments/none', 'operator', 'experiment.unknown', { name: 'run' }],
  ['PUT', '/experiments/none/stop', 'operator', 'experiment.unknown'],
  ['DELETE', '/experiments/none', 'operator', 'experiment.unknown'],

  ['GET', '/datapoints', 'viewer'],
  ['POST', '/datapoints', 'operator'],
  ['POST', '/datapoints/batch', 'operator'],
  ['GET', '/datapoints/latest', 'viewer'],
  ['POST', '/datapoints/series', 'viewer'],
  ['GET', '/datapoints/none', 'viewer', 'datapoint.unknown'],
  ['DELETE', '/datapoints/none', 'operator', 'datapoint.unknown'],

  ['GET', '/logging', 'viewer'],
  ['POST', '/logging', 'operator'],
  ['GET', '/logging/none', 'viewer', 'log.unknown'],
  ['PUT', '/logging/none', 'operator', 'log.unknown', { status_type: 'read' }],

  ['GET', '/dashboards', 'viewer'],
  ['POST', '/dashboards', 'operator'],
  ['GET', '/dashboards/none', 'viewer', 'dashboard.unknown'],
  ['PUT', '/dashboards/none', 'operator', 'dashboard.unknown', { name: 'board' }],
  ['DELETE', '/dashboards/none', 'operator', 'dashboard.unknown'],
  ['POST', '/dashboards/none/widgets', 'operator', 'dashboard.unknown', { widget_type: 'gauge', title: 'T' }],
  ['PUT', '/dashboards/none/widgets/none', 'operator', 'dashboard.unknown', { title: 'T' }],
  ['DELETE', '/dashboards/none/widgets/none', 'operator', 'dashboard.unknown'],

  ['GET', '/plugins', 'viewer'],
  ['POST', '/plugins', 'admin'],
  ['GET', '/plugins/available', 'viewer'],
  ['GET', '/plugins/none', 'viewer', 'plugin.unknown'],
  ['PUT', '/plugins/none', 'admin', 'plugin.unknown', { enabled: false }],
  ['DELETE', '/plugins/none', 'admin', 'plugin.unknown'],
  ['GET', '/plugins/none/channels', 'viewer', 'plugin.unknown'],
  [
    'POST',
    '/plugins/none/channels',
    'admin',
    'plugin.unknown',
    { channel_id: 'c', channel_name: 'C', direction: 'input', unit: 'K' },
  ],
  ['PUT', '/plugins/none/channels/none', 'admin', 'plugin.unknown', { event_public_id: null }],
  ['DELETE', '/plugins/none/channels/none', 'admin', 'plugin.unknown'],

  ['GET', '/audit', 'admin'],
]

const LOWER: Readonly<Record<Role, readonly Role[]>> = {
  viewer: [],
  operator: ['viewer'],
  admin: ['viewer', 'operator'],
}

/** `test.each` reads the types of whole rows, not of optional columns. */
const asked = ROUTES.map(([method, path]) => [method, path] as const)
const withBody = asked.filter(([method]) => method === 'POST' || method === 'PUT')
const refused = ROUTES.flatMap(([method, path, least]) =>
  LOWER[least].map((role) => [method, path, role, least] as const),
)
const unknown = ROUTES.flatMap(([method, path, , code, body]) =>
  code === undefined ? [] : [[method, path, code, body] as const],
)

export function access(site: ContractSite): void {
  describe('access', () => {
    test.each(asked)('%s %s lets nobody in who shows no token', async (method, path) => {
      const answer = await site.call(method, path, { as: 'nobody' })
      expectProblem(answer, 401, 'auth.required')
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/)
    })

    test.each(withBody)('%s %s looks for a token before it reads the body', async (method, path) => {
      expectProblem(await site.call(method, path, { as: 'nobody', raw: '{"broken' }), 401, 'auth.required')
    })

    test.each(refused)('%s %s refuses a %s, as it needs %s', async (method, path, role) => {
      const body = method === 'POST' || method === 'PUT' ? {} : undefined
      expectProblem(await site.call(method, path, { as: role, body }), 403, 'auth.forbidden')
    })

    test.each(unknown)('%s %s answers 404 %s: nobody has that id', async (method, path, code, body) => {
      expectProblem(await site.call(method, path, { body }), 404, code)
    })
  })
}
