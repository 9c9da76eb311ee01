import { RevocationList } from '@webmacs/auth'
import { newId, type Role } from '@webmacs/contracts'
import { startTcpProxy, until } from '@webmacs/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, type ApiSite, aProblem, aUser, type Call, PASSWORD, startApiSite } from '../testing/api-site.ts'

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite()
})
afterAll(() => site[Symbol.asyncDispose]())

const users = '/api/v1/users'
const create = (body: unknown): Promise<Answer> => site.api.request('POST', users, { body })
const read = (id: string, call?: Call): Promise<Answer> => site.api.get(`${users}/${id}`, call)
const update = (id: string, body: unknown, call?: Call): Promise<Answer> =>
  site.api.request('PUT', `${users}/${id}`, { ...call, body })
const remove = (id: string, call?: Call): Promise<Answer> => site.api.request('DELETE', `${users}/${id}`, call)
const login = (email: string, password: string): Promise<Answer> =>
  site.api.request('POST', '/api/v1/auth/login', { as: 'nobody', body: { email, password } })
const me = (token: string): Promise<Answer> => site.api.get('/api/v1/auth/me', { token })

let lastNumber = 0
const wanted = (overrides: object = {}) => {
  lastNumber += 1
  return {
    email: `new${lastNumber}@example.com`,
    username: `new ${lastNumber}`,
    password: 'a good password',
    ...overrides,
  }
}
const created = async (overrides: object = {}): Promise<string> => (await create(wanted(overrides))).body.public_id
const fresh = (role: Role = 'viewer') => aUser(site.db, site.key, role)

/** What the audit log says was done to a user, oldest first. */
const audited = (id: string) =>
  site.db.db
    .selectFrom('audit_log')
    .select(['entity', 'action', 'before', 'after'])
    .where('entity_id', '=', id)
    .orderBy('id')
    .execute()

describe('creating and reading', () => {
  test('makes a user, who can log in', async () => {
    const user = wanted({ role: 'operator', settings: { theme: 'dark', language: null, unknown: 1 } })
    const answer = await create(user)
    expect(answer.status).toBe(201)
    const { public_id: id } = answer.body
    expect(answer.body).toEqual({ status: 'success', message: 'User successfully created.', public_id: id })
    const { status, body, headers } = await read(id)
    expect(status).toBe(200)
    expect(headers.get('etag')).toMatch(/^"\w+"$/)
    expect(body).toEqual({
      public_id: id,
      email: user.email,
      username: user.username,
      role: 'operator',
      admin: false,
      registered_on: expect.any(String),
      sso_provider: null,
      settings: { theme: 'dark' },
    })
    expect((await login(user.email, user.password)).status).toBe(200)
  })

  test('makes a viewer where no role is named', async () => {
    expect((await read(await created())).body.role).toBe('viewer')
  })

  test('lists active users in the order of their making, page by page', async () => {
    const ids = [await created(), await created(), await created()]
    await remove(ids[1] ?? '')
    const { body } = await site.api.get(`${users}/?page_size=100`)
    const listed = body.data.map(({ public_id }: { public_id: string }) => public_id)
    expect(listed.slice(-2)).toEqual([ids[0], ids[2]])
    expect(body.total).toBe(listed.length)
    expect((await site.api.get(`${users}?page=2&page_size=1`)).body.data[0].public_id).toBe(listed[1])
  })

  test.each([
    [{ email: 'nobody' }, 'body.email'],
    [{ username: 'x' }, 'body.username'],
    [{ username: 'x'.repeat(51) }, 'body.username'],
    [{ password: 'short' }, 'body.password'],
    [{ role: 'root' }, 'body.role'],
    [{ role: null }, 'body.role'],
    [{ settings: { time_zone: 'Mars/Olympus' } }, 'body.settings.time_zone'],
    [{ settings: { theme: 'pink' } }, 'body.settings.theme'],
  ])('refuses %j and names the field', async (overrides, field) => {
    const { status, body } = await create(wanted(overrides))
    expect(status).toBe(422)
    expect(body.errors.map((error: { field: string }) => error.field)).toContain(field)
  })

  test.each(['email', 'username'] as const)('refuses an %s that is taken, and says which', async (field) => {
    const first = wanted()
    await create(first)
    const taken = field === 'email' ? first.email.toUpperCase() : first.username
    const { status, body } = await create(wanted({ [field]: taken }))
    expect(status).toBe(409)
    expect(body).toEqual(
      aProblem('user.exists', {
        detail: `User already exists: the ${field} '${taken}' is taken.`,
        errors: [{ field: `body.${field}`, rule: 'is taken by another user', value: taken }],
      }),
    )
  })

  test('makes one user of two that are asked for at once', async () => {
    const user = wanted()
    const statuses = (await Promise.all([create(user), create(user)])).map(({ status }) => status)
    expect(statuses.toSorted()).toEqual([201, 409])
  })

  test('shows a user to themselves and to admins, and to others not even whether there is one', async () => {
    const { id, token } = await fresh()
    expect((await read(id, { token })).status).toBe(200)
    const refused = await read(site.users.admin.id, { token })
    expect(refused.status).toBe(403)
    const unknown = await read(newId('usr'), { token })
    expect({ ...unknown.body, instance: '', traceId: '' }).toEqual({ ...refused.body, instance: '', traceId: '' })
    expect((await read('nobody')).body).toEqual(aProblem('user.unknown', { detail: "User 'nobody' not found." }))
  })
})

describe('changing', () => {
  test('changes what is named, and leaves what is null', async () => {
    const { id, email } = await fresh()
    const answer = await update(id, {
      username: `renamed ${id}`,
      email: null,
      password: null,
      role: null,
      settings: null,
    })
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({ status: 'success', message: 'User successfully updated.', public_id: id })
    expect((await read(id)).body).toMatchObject({ username: `renamed ${id}`, email, role: 'viewer' })
    expect((await login(email, PASSWORD)).status).toBe(200)
  })

  test('merges settings key by key', async () => {
    const { id, token } = await fresh()
    await update(id, { settings: { theme: 'dark', time_zone: 'Europe/Berlin' } }, { token })
    await update(id, { settings: { theme: null, start_page: '/logs' } }, { token })
    expect((await me(token)).body.settings).toEqual({ time_zone: 'Europe/Berlin', start_page: '/logs' })
    expect((await update(id, { settings: { time_zone: 'Berlin' } }, { token })).status).toBe(422)
  })

  test('lets others than admins change only themselves, and no roles', async () => {
    const { id, token } = await fresh('operator')
    for (const other of [site.users.viewer.id, newId('usr')]) {
      const refused = await update(other, { username: 'mine now' }, { token })
      expect(refused.status).toBe(403)
      expect(refused.body).toEqual(aProblem('auth.forbidden', { detail: 'You can only update your own profile.' }))
    }
    for (const role of ['admin', 'operator']) {
      const refused = await update(id, { role, username: `tried ${id}` }, { token })
      expect(refused.status).toBe(403)
      expect(refused.body.detail).toBe('Only admins can change user roles.')
    }
    expect((await read(id)).body).toMatchObject({ role: 'operator', username: `operator ${id}` })
    expect((await update(id, { role: null, username: `done ${id}` }, { token })).status).toBe(200)
  })

  test('answers 404 to an admin for a user who is not there', async () => {
    const { status, body } = await update('usr_none', { username: 'anybody' })
    expect(status).toBe(404)
    expect(body.detail).toBe("User 'usr_none' not found.")
  })

  test('refuses a name or email that is taken', async () => {
    const { id } = await fresh()
    const { email, username } = (await read(site.users.viewer.id)).body
    for (const change of [{ email }, { username }]) {
      const { status, body } = await update(id, change)
      expect(status).toBe(409)
      expect(body.detail).toContain(Object.values(change)[0])
    }
  })

  test('refuses to change what somebody else changed meanwhile', async () => {
    const { id } = await fresh()
    const tag = (await read(id)).headers.get('etag') ?? ''
    const first = await update(id, { username: `first ${id}` }, { headers: { 'if-match': tag } })
    expect(first.status).toBe(200)
    expect((await update(id, { username: `second ${id}` }, { headers: { 'if-match': tag } })).status).toBe(412)
    expect((await remove(id, { headers: { 'if-match': tag } })).status).toBe(412)
    const now = first.headers.get('etag') ?? ''
    expect((await remove(id, { headers: { 'if-match': now } })).status).toBe(200)
  })

  test('a role acts at once, in both directions', async () => {
    const { id, token } = await fresh()
    await update(id, { role: 'admin' })
    expect((await site.api.get(users, { token })).status).toBe(200)
    await update(id, { role: 'viewer' })
    expect((await site.api.get(users, { token })).status).toBe(403)
  })

  test('notes who changed what, and never a password or its hash', async () => {
    const id = await created()
    await update(id, { username: `noted ${id}`, role: 'operator', password: 'another password' })
    await update(id, { username: `noted ${id}` })
    await remove(id)
    const entries = await audited(id)
    expect(entries.map(({ entity, action }) => `${entity}.${action}`)).toEqual([
      'user.created',
      'user.updated',
      'user.role_changed',
      'user.password_changed',
      'user.deactivated',
    ])
    expect(entries[1]).toMatchObject({ after: { username: `noted ${id}` } })
    expect(entries[2]).toMatchObject({ before: { role: 'viewer' }, after: { role: 'operator' } })
    expect(JSON.stringify(entries)).not.toMatch(/password"|argon2/)
    const logged = JSON.stringify(site.api.logged)
    for (const secret of ['a good password', 'another password', '$argon2']) expect(logged).not.toContain(secret)
  })
})

describe('sessions', () => {
  const sessionOf = async (email: string, password = PASSWORD): Promise<string> =>
    (await login(email, password)).body.access_token

  test('a new password ends all sessions but the one that it was set in, here and for whoever follows the bus', async () => {
    const list = new RevocationList({ bus: site.bus.bus })
    await list.start()
    const other = await site.startApi()
    const { id, email, token } = await fresh()
    const mine = await sessionOf(email)
    expect((await update(id, { password: 'a new password' }, { token: mine })).status).toBe(200)
    expect((await me(mine)).status).toBe(200)
    for (const api of [site.api, other]) {
      expect((await api.get('/api/v1/auth/me', { token })).body).toEqual(
        aProblem('auth.revoked-token', { detail: 'Token has been revoked.' }),
      )
    }
    await until('the bus tells it', () => list.has({ sub: id, jti: 'older', ver: 1 }), { timeoutMs: 1000 })
    expect((await login(email, PASSWORD)).status).toBe(401)
    expect((await me(await sessionOf(email, 'a new password'))).status).toBe(200)
    await list.stop()
  })

  test('a password that an admin sets ends them all', async () => {
    const { id, email, token } = await fresh()
    await update(id, { password: 'set by an admin' })
    expect((await me(token)).status).toBe(401)
    expect((await me(await sessionOf(email, 'set by an admin'))).status).toBe(200)
  })

  test.each(['viewer', 'admin'] as const)(
    'an API token of a %s sets nobody’s password: it would be more than the token',
    async (role) => {
      const [owner, other] = [await fresh(role), await fresh()]
      const body = { name: 'script' }
      const { token } = (await site.api.request('POST', '/api/v1/tokens', { token: owner.token, body })).body
      const ids = role === 'admin' ? [owner.id, other.id] : [owner.id]
      for (const id of ids) {
        const refused = await update(id, { password: 'set by a token', settings: { theme: 'dark' } }, { token })
        expect(refused.body).toEqual(aProblem('auth.login-needed', { status: 403 }))
        expect((await update(id, { settings: { language: 'de' }, password: null }, { token })).status).toBe(200)
        expect((await read(id)).body.settings).toEqual({ language: 'de' })
      }
      expect((await me(owner.token)).status).toBe(200)
      expect((await login(owner.email, PASSWORD)).status).toBe(200)
    },
  )

  test('tells what ended while the broker was away, when it is back', async () => {
    await using proxy = await startTcpProxy(site.bus.url)
    const list = new RevocationList({ bus: site.bus.bus })
    await list.start()
    const api = await site.startApi({ NATS_URL: proxy.url })
    proxy.refuse()
    await until('the loss is noticed', async () => (await api.get('/health', { as: 'nobody' })).body.broker === 'error')
    const { id, token } = await fresh()
    const answer = await api.request('PUT', `${users}/${id}`, { body: { password: 'changed meanwhile' } })
    expect(answer.status).toBe(200)
    expect((await api.get('/api/v1/auth/me', { token })).status).toBe(401)
    expect(list.has({ sub: id, jti: 'older', ver: 1 })).toBe(false)
    proxy.resume()
    await until('the bus tells it', () => list.has({ sub: id, jti: 'older', ver: 1 }))
    await list.stop()
  })

  test('tells at its start what ended while the broker did not hear', async () => {
    const { id } = await fresh()
    await site.db.db
      .updateTable('users')
      .set({ session_version: 3, kept_session: 'kept', updated_on: new Date().toISOString() })
      .where('public_id', '=', id)
      .execute()
    await site.startApi()
    const list = new RevocationList({ bus: site.bus.bus })
    await list.start()
    expect(list.has({ sub: id, jti: 'older', ver: 2 })).toBe(true)
    expect(list.has({ sub: id, jti: 'kept', ver: 2 })).toBe(false)
    await list.stop()
  })
})

describe('deactivating', () => {
  test('ends sessions and tokens, frees email and name, and keeps what the person made', async () => {
    const { id, email, token } = await fresh('operator')
    const { username } = (await read(id)).body
    const body = { name: newId('evt'), min_value: 0, max_value: 1, unit: 'x', type: 'sensor' }
    const event = (await site.api.request('POST', '/api/v1/events', { token, body })).body.public_id
    const apiToken = (await site.api.request('POST', '/api/v1/tokens', { token, body: { name: 'x' } })).body

    const answer = await remove(id)
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({ status: 'success', message: 'User successfully deleted.', public_id: id })
    expect((await me(token)).status).toBe(401)
    expect((await me(apiToken.token)).body).toEqual(aProblem('auth.invalid-token', { detail: 'Invalid API token.' }))
    expect((await login(email, PASSWORD)).status).toBe(401)
    expect((await read(id)).status).toBe(404)
    expect((await remove(id)).status).toBe(404)
    expect((await site.api.get(`/api/v1/events/${event}`)).body.user_public_id).toBe(id)
    expect((await audited(apiToken.public_id)).map(({ action }) => action)).toEqual(['created', 'deleted'])
    expect((await create(wanted({ email, username }))).status).toBe(201)
  })

  test('refuses to delete oneself', async () => {
    const { status, body } = await remove(site.users.admin.id)
    expect(status).toBe(409)
    expect(body).toEqual(aProblem('user.self', { detail: 'You cannot delete yourself.' }))
  })

  test('keeps the last admin: neither demoted nor deleted', async () => {
    await using alone = await startApiSite()
    const { id, token } = alone.users.admin
    const demotion = await alone.api.request('PUT', `${users}/${id}`, { token, body: { role: 'viewer' } })
    expect(demotion.status).toBe(409)
    expect(demotion.body).toEqual(
      aProblem('user.last-admin', { detail: 'The last admin cannot be demoted: make somebody else an admin first.' }),
    )
    expect((await alone.api.request('PUT', `${users}/${id}`, { token, body: { role: 'admin' } })).status).toBe(200)
    const second = await aUser(alone.db, alone.key, 'admin')
    expect((await alone.api.request('PUT', `${users}/${id}`, { token, body: { role: 'viewer' } })).status).toBe(200)
    expect((await alone.api.get(users, { token: second.token })).status).toBe(200)
  })

  test.each(['demote', 'delete'] as const)('one admin remains of two who %s each other at once', async (how) => {
    await using alone = await startApiSite()
    for (let round = 0; round < 3; round++) {
      const one = await aUser(alone.db, alone.key, 'admin')
      const other = await aUser(alone.db, alone.key, 'admin')
      await alone.db.db
        .updateTable('users')
        .set({ deactivated_on: new Date().toISOString() })
        .where('public_id', 'not in', [one.id, other.id])
        .execute()
      const end = ({ id }: { id: string }, { token }: { token: string }): Promise<Answer> =>
        how === 'delete'
          ? alone.api.request('DELETE', `${users}/${id}`, { token })
          : alone.api.request('PUT', `${users}/${id}`, { token, body: { role: 'viewer' } })
      const answers = await Promise.all([end(one, other), end(other, one)])
      const statuses = answers.map(({ status }) => status).toSorted()
      expect(statuses[0]).toBe(200)
      // The one who came too late: no longer there, no longer an admin, or the last one touched.
      expect([401, 403, 409]).toContain(statuses[1])
      const left = await alone.db.db
        .selectFrom('users')
        .select('id')
        .where('role', '=', 'admin')
        .where('deactivated_on', 'is', null)
        .execute()
      expect(left).toHaveLength(1)
    }
  })
})
