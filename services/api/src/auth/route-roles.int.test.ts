import { createApiToken, createTokenKey, hashApiToken, signToken } from '@webmacs/auth'
import { ACCESS, type Access, mayActAs, newId, ROLES, type Role, type UserId } from '@webmacs/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ANSWERED_BY } from '../openapi/routes-elsewhere.ts'
import { type ApiSite, aUser, startApiSite, type TestApi } from '../testing/api-site.ts'

const TABLE: Readonly<Record<string, Access>> = ACCESS
/** Not part of the description of the API. They are asked by HEAD below: the same guard, without megabytes to read. */
const HIDDEN = ['GET /docs', 'GET /docs/start.js', 'GET /docs/scalar.js', 'GET /openapi.json']

let site: ApiSite
/** An instance whose description is for admins. */
let restricted: TestApi
let served: string[]
/** Described here, answered by other services, which guard them by the same table. */
let elsewhere: string[]
beforeAll(async () => {
  site = await startApiSite({ API_DOCS: 'public' })
  restricted = await site.startApi({ API_DOCS: 'admin' })
  const { paths } = (await site.api.get('/openapi.json', { as: 'nobody' })).body
  const described = Object.entries<Record<string, object>>(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      route: `${method.toUpperCase()} ${path}`,
      isOurs: !(ANSWERED_BY in operation),
    })),
  )
  const routesOf = (isOurs: boolean): string[] =>
    described.filter((operation) => operation.isOurs === isOurs).map(({ route }) => route)
  served = [...routesOf(true), ...HIDDEN]
  elsewhere = routesOf(false)
})
afterAll(() => site[Symbol.asyncDispose]())

test('the table names every route, and every route is there', () => {
  const named = Object.keys(TABLE).filter((route) => !route.startsWith('WS '))
  expect([...served, ...elsewhere].toSorted()).toEqual(named.toSorted())
})

/** Sends what does no harm to a thing that is not there. */
async function statusOf(api: TestApi, route: string, token: string | undefined): Promise<number> {
  const [method = '', path = ''] = route.split(' ')
  const { status } = await api.request(HIDDEN.includes(route) ? 'HEAD' : method, path.replaceAll(/\{\w+\}/g, 'none'), {
    as: 'nobody',
    ...(token !== undefined && { token }),
    ...((method === 'POST' || method === 'PUT') && { body: {} }),
  })
  return status
}

interface Held {
  readonly role: Role
  readonly credential: 'login' | 'api-token'
}

/** @param held what the credential is worth; null: nothing */
function checkStatus(status: number, access: Access, held: Held | null, what: string): void {
  const allowed = (): void => expect.soft([401, 403], what).not.toContain(status)
  expect.soft(status, what).toBeLessThan(500)
  if (access.role === 'public') allowed()
  else if (held === null) expect.soft(status, what).toBe(401)
  else if (!mayActAs(held.role, access.role)) expect.soft(status, what).toBe(403)
  else if (access.credential === 'login' && held.credential !== 'login') expect.soft(status, what).toBe(403)
  // A thing that is not there is somebody else's: refused, or unknown.
  else if (access.othersNeed && !mayActAs(held.role, access.othersNeed)) expect.soft(status, what).not.toBe(401)
  else allowed()
}

/** @param make called anew for what ends the credential that it is called with */
async function checkAllRoutes(make: () => Promise<string | undefined>, held: Held | null): Promise<void> {
  const token = await make()
  const check = async (api: TestApi, route: string, access: Access): Promise<void> => {
    const status = await statusOf(api, route, route.endsWith('/logout') ? await make() : token)
    checkStatus(status, access, held, route)
  }
  await Promise.all(
    served.map(async (route) => {
      const access = TABLE[route]
      if (access === undefined) return // the first test says so
      await check(site.api, route, access)
      if (access.configurable) await check(restricted, route, { role: 'admin' })
    }),
  )
}

const session = async (user: UserId, role: Role, more: { version?: number; now?: Date } = {}): Promise<string> =>
  (await signToken(site.key, { user, role, version: 1, lifetimeMinutes: 30, ...more })).token

async function apiToken(user: UserId, expiresAt: string | null = null): Promise<string> {
  const token = createApiToken()
  const { db } = site.db
  const owner = await db.selectFrom('users').select('id').where('public_id', '=', user).executeTakeFirstOrThrow()
  await db
    .insertInto('api_tokens')
    .values({
      public_id: newId('tok'),
      name: 'test',
      token_hash: hashApiToken(token),
      user_id: owner.id,
      expires_at: expiresAt,
    })
    .execute()
  return token
}

const changeUser = (id: UserId, change: { deactivated_on?: string; session_version?: number; role?: Role }) =>
  site.db.db.updateTable('users').set(change).where('public_id', '=', id).execute()

const A_MINUTE_AGO = new Date(Date.now() - 60_000)

/** What lets nobody in, whoever it belongs to. */
const WORTHLESS: Record<string, (user: UserId, role: Role) => Promise<string | undefined>> = {
  'no token': async () => undefined,
  'a session signed by somebody else': async (user, role) => {
    const key = createTokenKey('another secret of more than thirty-two characters')
    return (await signToken(key, { user, role, version: 1, lifetimeMinutes: 30 })).token
  },
  'an expired session': (user, role) => session(user, role, { now: new Date(Date.now() - 3_600_000) }),
  'a logged-out session': async (user, role) => {
    const token = await session(user, role)
    const { status } = await site.api.request('POST', '/api/v1/auth/logout', { token })
    expect(status).toBe(200)
    return token
  },
  'a session from before a new password': async (user, role) => {
    await changeUser(user, { session_version: 2 })
    return session(user, role, { version: 1 })
  },
  'the session of a deactivated user': async (user, role) => {
    await changeUser(user, { deactivated_on: A_MINUTE_AGO.toISOString() })
    return session(user, role)
  },
  'the session of a user who never was': (_user, role) => session(newId('usr'), role),
  'an API token that never was': async () => createApiToken(),
  'a deleted API token': async (user) => {
    const token = await apiToken(user)
    await site.db.db.deleteFrom('api_tokens').where('token_hash', '=', hashApiToken(token)).execute()
    return token
  },
  'an expired API token': (user) => apiToken(user, A_MINUTE_AGO.toISOString()),
  'the API token of a deactivated user': async (user) => {
    const token = await apiToken(user)
    await changeUser(user, { deactivated_on: A_MINUTE_AGO.toISOString() })
    return token
  },
}

const worthless = Object.keys(WORTHLESS).flatMap((name) => ROLES.map((role) => [name, role] as const))

test.each(worthless)('%s (%s) opens public routes only', async (name, role) => {
  const { id } = await aUser(site.db, site.key, role)
  await checkAllRoutes(async () => WORTHLESS[name]?.(id, role), null)
})

describe.each(ROLES)('as the table says for the role %s', (role) => {
  test('a session', () => checkAllRoutes(() => session(site.users[role].id, role), { role, credential: 'login' }))

  test('an API token', () => checkAllRoutes(() => apiToken(site.users[role].id), { role, credential: 'api-token' }))

  test.each(ROLES)('a session that began under the role %s', async (former) => {
    const { id } = await aUser(site.db, site.key, former)
    await changeUser(id, { role })
    await checkAllRoutes(() => session(id, former), { role, credential: 'login' })
  })
})

interface Owner {
  readonly id: UserId
  readonly token: string
}

/** Bodies that are good enough to get to the question whose thing it is. */
const BODIES: Record<string, object> = {
  'POST /api/v1/dashboards/{id}/widgets': { widget_type: 'gauge', title: 'Temperature' },
}

/** The path of a route with a thing of the owner in it. */
async function pathOf(route: string, owner: Owner): Promise<string> {
  const path = route.split(' ')[1] ?? ''
  const { db } = site.db
  const user_id = (
    await db.selectFrom('users').select('id').where('public_id', '=', owner.id).executeTakeFirstOrThrow()
  ).id
  if (path.startsWith('/api/v1/users')) return path.replace('{id}', owner.id)
  if (path.startsWith('/api/v1/tokens')) {
    const public_id = newId('tok')
    await db.insertInto('api_tokens').values({ public_id, name: 'x', token_hash: public_id, user_id }).execute()
    return path.replace('{id}', public_id)
  }
  const [dashboard, widget] = [newId('dsh'), newId('wdg')]
  const { id: dashboard_id } = await db
    .insertInto('dashboards')
    .values({ public_id: dashboard, name: 'x', is_global: true, user_id })
    .returning('id')
    .executeTakeFirstOrThrow()
  await db
    .insertInto('dashboard_widgets')
    .values({ public_id: widget, dashboard_id, widget_type: 'gauge', title: 'x', x: 0, y: 0, w: 1, h: 1 })
    .execute()
  return path.replace('{id}', dashboard).replace('{widget}', widget)
}

test('what is one’s own is one’s own, and what is somebody else’s needs the role that the table says', async () => {
  for (const [route, { role: least, othersNeed }] of Object.entries(TABLE)) {
    if (othersNeed === undefined || least === 'public' || !route.includes('{') || !served.includes(route)) continue
    for (const role of ROLES.filter((candidate) => mayActAs(candidate, least))) {
      const [self, other] = [await aUser(site.db, site.key, role), await aUser(site.db, site.key, least)]
      const statusAt = async (owner: Owner): Promise<number> => {
        const [method = ''] = route.split(' ')
        const body = BODIES[route] ?? (method === 'PUT' ? {} : undefined)
        const path = await pathOf(route, owner)
        return (await site.api.request(method, path, { token: self.token, ...(body && { body }) })).status
      }
      expect.soft([200, 201], `${role}, own: ${route}`).toContain(await statusAt(self))
      const others = mayActAs(role, othersNeed) ? [200, 201] : [403, 404]
      expect.soft(others, `${role}, somebody else's: ${route}`).toContain(await statusAt(other))
    }
  }
})
