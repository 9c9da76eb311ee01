import { describe, expect, test } from 'vitest'
import {
  anId,
  aTimestamp,
  expectCreated,
  expectInvalid,
  expectOneWinner,
  expectProblem,
  expectStatus,
  expectSuccess,
} from './expectations.ts'
import type { ContractSite } from './site.ts'
import { allOf, newEvent } from './things.ts'

/** http.md §3. */
export function users(site: ContractSite): void {
  const aUser = (overrides: Record<string, unknown> = {}) => {
    const username = site.uniqueName('person')
    return { email: `${username.replace(' ', '.')}@contract.example`, username, password: 'long enough', ...overrides }
  }

  describe('users', () => {
    test('are made as viewers, shown and listed', async () => {
      const body = aUser()
      const id = expectCreated(await site.post('/users/', body), 'usr')
      const user = expectStatus(await site.get(`/users/${id}`), 200).json()
      expect(user).toMatchObject({
        public_id: id,
        email: body.email,
        username: body.username,
        role: 'viewer',
        admin: false,
        registered_on: aTimestamp,
        sso_provider: null,
      })
      expect(JSON.stringify(user)).not.toMatch(/password|hash|long enough/)
      expect(await allOf(site, '/users')).toContainEqual(user)
    })

    test.each([
      ['body.email', { email: undefined }],
      ['body.email', { email: 'no address' }],
      ['body.username', { username: undefined }],
      ['body.username', { username: 'x' }],
      ['body.username', { username: 'x'.repeat(51) }],
      ['body.password', { password: undefined }],
      ['body.password', { password: 'seven c' }],
      ['body.password', { password: null }],
      ['body.role', { role: 'root' }],
      ['body.role', { role: null }],
    ])('are refused with %s wrong: %j', async (field, wrong) => {
      expectInvalid(await site.post('/users', aUser(wrong)), field)
    })

    test('share neither email nor name', async () => {
      const body = aUser()
      expectCreated(await site.post('/users', body), 'usr')
      expectProblem(await site.post('/users', aUser({ email: body.email })), 409, 'user.exists')
      expectProblem(await site.post('/users', aUser({ username: body.username })), 409, 'user.exists')
      const other = expectCreated(await site.post('/users', aUser()), 'usr')
      expectProblem(await site.put(`/users/${other}`, { email: body.email }), 409, 'user.exists')
      expectProblem(await site.put(`/users/${other}`, { username: body.username }), 409, 'user.exists')
    })

    test('made five times at once are made once', async () => {
      const body = aUser()
      expectOneWinner(await Promise.all(Array.from({ length: 5 }, () => site.post('/users', body))), 'user.exists')
    })

    test('are seen by themselves and by admins', async () => {
      const user = await site.newUser('operator')
      expectStatus(await site.get(`/users/${user.id}`, { as: user }), 200)
      expectStatus(await site.get(`/users/${user.id}`), 200)
      expectProblem(await site.get(`/users/${user.id}`, { as: 'viewer' }), 403, 'auth.forbidden')
    })

    test('change themselves, null leaving things as they are', async () => {
      const user = await site.newUser('viewer')
      const username = site.uniqueName('renamed')
      const body = { email: null, username, password: null, role: null }
      expectSuccess(await site.put(`/users/${user.id}`, body, { as: user }), 200)
      const me = (await site.get('/auth/me', { as: user })).json()
      expect(me).toMatchObject({ email: user.email, username, role: 'viewer' })
      await site.login(user.email, user.password)
    })

    test('change neither others nor their own role, unless admin', async () => {
      const user = await site.newUser('operator')
      const username = site.uniqueName('renamed')
      for (const id of [site.account('viewer').id, 'usr_000000000000']) {
        expectProblem(await site.put(`/users/${id}`, { username }, { as: user }), 403, 'auth.forbidden')
      }
      for (const role of ['admin', 'operator']) {
        expectProblem(await site.put(`/users/${user.id}`, { username, role }, { as: user }), 403, 'auth.forbidden')
      }
      expect((await site.get(`/users/${user.id}`)).json()).toMatchObject({ username: user.username, role: 'operator' })
      expectSuccess(await site.put(`/users/${user.id}`, { role: 'admin' }), 200)
      expect((await site.get(`/users/${user.id}`)).json()).toMatchObject({ role: 'admin', admin: true })
      expectSuccess(await site.delete(`/users/${user.id}`), 200)
    })

    test.each([
      ['body.email', { email: 'no address' }],
      ['body.username', { username: 'x' }],
      ['body.password', { password: 'short' }],
      ['body.role', { role: 'root' }],
    ])('are not changed with %s wrong', async (field, wrong) => {
      expectInvalid(await site.put(`/users/${site.account('viewer').id}`, wrong), field)
    })

    test('that are deleted can do nothing more, leave their things, and free email and name', async () => {
      const user = await site.newUser('operator')
      const { token } = (await site.post('/tokens', { name: 'mine' }, { as: user })).json<{ token: string }>()
      const event = await newEvent(site)
      const theirs = (await site.post('/dashboards', { name: 'theirs', is_global: true }, { as: user })).json()
      expectSuccess(await site.delete(`/users/${user.id}`), 200)

      expectProblem(await site.get(`/users/${user.id}`), 404, 'user.unknown')
      expectProblem(await site.delete(`/users/${user.id}`), 404, 'user.unknown')
      expect((await allOf(site, '/users')).map(({ public_id }) => public_id)).not.toContain(user.id)
      expectProblem(await site.get('/auth/me', { as: user }), 401)
      expectProblem(await site.get('/auth/me', { as: { token } }), 401)
      const login = await site.post('/auth/login', { email: user.email, password: user.password }, { as: 'nobody' })
      expectProblem(login, 401, 'auth.bad-credentials')

      expectStatus(await site.get(`/events/${event}`), 200)
      expectStatus(await site.get(`/dashboards/${theirs.public_id}`), 200)
      expectStatus(await site.get('/tokens'), 200)
      expectCreated(await site.post('/users', aUser({ email: user.email, username: user.username })), 'usr')
    })

    test('cannot delete themselves, and the last admin stays one', async () => {
      const { id } = site.account('admin')
      const admins = (await allOf(site, '/users')).filter(({ role }) => role === 'admin')
      expect(admins).toMatchObject([{ public_id: id }])
      expectProblem(await site.delete(`/users/${id}`), 409, 'user.self')
      expectProblem(await site.put(`/users/${id}`, { role: 'operator' }), 409, 'user.last-admin')
      expect((await site.get('/auth/me')).json()).toMatchObject({ role: 'admin' })

      const second = await site.newUser('admin')
      expectProblem(await site.delete(`/users/${second.id}`, { as: second }), 409, 'user.self')
      expectSuccess(await site.put(`/users/${second.id}`, { role: 'operator' }, { as: second }), 200)
    })

    test('have ids of their own kind', () => {
      expect(site.account('viewer').id).toEqual(anId('usr'))
    })
  })
}
