import { mayActAs, ROLES } from '@webmacs/contracts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiSite, startApiSite } from '../testing/api-site.ts'

/** Who may do what. A route that is not here fails the first test. */
const ROUTE_ROLES: Record<string, 'public' | (typeof ROLES)[number]> = {
  'GET /health': 'public',
  'GET /api/v1/health': 'public',
  'POST /api/v1/auth/login': 'public',
  'POST /api/v1/auth/logout': 'viewer',
  'GET /api/v1/auth/me': 'viewer',
  'GET /api/v1/auth/sso/config': 'public',
  'GET /api/v1/events': 'viewer',
  'POST /api/v1/events': 'operator',
  'GET /api/v1/events/{id}': 'viewer',
  'PUT /api/v1/events/{id}': 'operator',
  'DELETE /api/v1/events/{id}': 'operator',
  'GET /api/v1/experiments': 'viewer',
  'POST /api/v1/experiments': 'operator',
  'GET /api/v1/experiments/{id}': 'viewer',
  'PUT /api/v1/experiments/{id}': 'operator',
  'PUT /api/v1/experiments/{id}/stop': 'operator',
  'DELETE /api/v1/experiments/{id}': 'operator',
  'GET /api/v1/logging': 'viewer',
  'POST /api/v1/logging': 'operator',
  'GET /api/v1/logging/{id}': 'viewer',
  'PUT /api/v1/logging/{id}': 'operator',
  'GET /api/v1/audit': 'admin',
  'GET /api/v1/datapoints': 'viewer',
  'GET /api/v1/datapoints/latest': 'viewer',
  'POST /api/v1/datapoints/series': 'viewer',
  'GET /api/v1/datapoints/{id}': 'viewer',
  'GET /api/v1/plugins': 'viewer',
  'GET /api/v1/plugins/available': 'viewer',
  'GET /api/v1/plugins/{id}': 'viewer',
  'GET /api/v1/plugins/{id}/channels': 'viewer',
}

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite()
})
afterAll(() => site[Symbol.asyncDispose]())

test('the table names every route', async () => {
  const { paths } = (await site.api.get('/openapi.json', { as: 'nobody' })).body
  const described = Object.entries<object>(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect(described.toSorted()).toEqual(Object.keys(ROUTE_ROLES).toSorted())
})

const cases = Object.entries(ROUTE_ROLES).flatMap(([route, needed]) =>
  (['nobody', ...ROLES] as const).map((who) => [route, needed, who] as const),
)

test.each(cases)('%s needs %s, asked by %s', async (route, needed, who) => {
  // A logout would end the token that the other cases use.
  if (route === 'POST /api/v1/auth/logout' && who !== 'nobody') return
  const [method = '', path = ''] = route.split(' ')
  const hasBody = method === 'POST' || method === 'PUT'
  const answer = await site.api.request(method, path.replace('{id}', 'none'), { as: who, ...(hasBody && { body: {} }) })
  if (needed === 'public') expect([401, 403]).not.toContain(answer.status)
  else if (who === 'nobody') expect(answer.status).toBe(401)
  else if (mayActAs(who, needed)) expect([401, 403]).not.toContain(answer.status)
  else expect(answer.status).toBe(403)
  expect(answer.status).toBeLessThan(500)
})
