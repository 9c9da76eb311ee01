import { RevocationList, signToken } from '@webmacs/auth'
import { newId } from '@webmacs/contracts'
import { until } from '@webmacs/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Answer,
  type ApiSite,
  aProblem,
  aUser,
  PASSWORD,
  startApiSite,
  type TestApi,
} from '../testing/api-site.ts'

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite()
})
afterAll(() => site[Symbol.asyncDispose]())

const login = (email: string, password: string, headers = {}): Promise<Answer> =>
  site.api.request('POST', '/api/v1/auth/login', { as: 'nobody', body: { email, password }, headers })
const me = (token: string): Promise<Answer> => site.api.get('/api/v1/auth/me', { token })

test('logs in with email and password, and knows the user by the token', async () => {
  const { id, email } = site.users.operator
  const answer = await login(email, PASSWORD)
  expect(answer.status).toBe(200)
  expect(answer.body).toMatchObject({ status: 'success', public_id: id, username: expect.stringContaining('operator') })
  expect((await me(answer.body.access_token)).body).toEqual({
    public_id: id,
    email,
    username: answer.body.username,
    role: 'operator',
    admin: false,
    registered_on: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    sso_provider: null,
    settings: {},
  })
})

test('notes each login for the Logs page', async () => {
  const user = await aUser(site.db, site.key, 'viewer')
  await login(user.email, PASSWORD)
  const entries = await site.db.db
    .selectFrom('log_entries')
    .innerJoin('users', 'users.id', 'log_entries.user_id')
    .select(['content', 'logging_type'])
    .where('users.public_id', '=', user.id)
    .execute()
  expect(entries).toEqual([{ content: `User 'viewer ${user.id}' logged in.`, logging_type: 'info' }])
})

test('does not care about the case of an email', async () => {
  expect((await login(site.users.viewer.email.toUpperCase(), PASSWORD)).status).toBe(200)
})

test('lets people with addresses of local domains log in', async () => {
  await site.db.db
    .updateTable('users')
    .set({ email: 'Op@plant.local' })
    .where('public_id', '=', site.users.operator.id)
    .execute()
  expect((await login('op@plant.local', PASSWORD)).status).toBe(200)
  await site.db.db
    .updateTable('users')
    .set({ email: site.users.operator.email })
    .where('public_id', '=', site.users.operator.id)
    .execute()
})

test('answers an unknown user and a wrong password alike', async () => {
  const unknown = await login('nobody@example.com', PASSWORD)
  const wrong = await login(site.users.viewer.email, 'wrong')
  expect(unknown.status).toBe(401)
  expect(unknown.body).toEqual(aProblem('auth.bad-credentials', { detail: 'Invalid email or password.' }))
  expect({ ...wrong.body, traceId: '' }).toEqual({ ...unknown.body, traceId: '' })
  expect(wrong.headers.get('www-authenticate')).toBeNull()
})

test('logs a failed login without the password', async () => {
  await login('someone@example.com', 'my-secret-guess')
  const line = site.api.logged.find(({ event, email }) => event === 'login.failed' && email === 'someone@example.com')
  expect(line).toMatchObject({ knownUser: false, address: '127.0.0.1' })
  expect(JSON.stringify(site.api.logged)).not.toContain('my-secret-guess')
})

test.each([
  [{ email: 'no-at-sign', password: 'x' }, 'body.email'],
  [{ email: 'a@b.c', password: '' }, 'body.password'],
  [{ email: 'a@b.c' }, 'body.password'],
  [{ email: 5, password: 'x' }, 'body.email'],
  [{ email: ['a@b.c'], password: 'x' }, 'body.email'],
  [null, 'body'],
  [[], 'body'],
])('refuses the login %j and names the field', async (body, field) => {
  const answer = await site.api.request('POST', '/api/v1/auth/login', { as: 'nobody', body })
  expect(answer.status).toBe(422)
  expect(answer.body.errors.map((error: { field: string }) => error.field)).toContain(field)
})

test('slows down guessing, for the account and not for others', async () => {
  const user = await aUser(site.db, site.key, 'viewer')
  const answers = await Promise.all(Array.from({ length: 12 }, () => login(user.email, 'guess')))
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(10)
  const refused = await login(user.email, PASSWORD)
  expect(refused.status).toBe(429)
  expect(refused.body).toEqual(aProblem('auth.throttled'))
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(200)
  expect((await login(site.users.viewer.email, PASSWORD)).status).toBe(200)
})

test.each([
  ['no token', {}, 'auth.required'],
  ['another scheme', { authorization: 'Basic YTpi' }, 'auth.required'],
  ['an empty token', { authorization: 'Bearer ' }, 'auth.required'],
  ['nonsense', { authorization: 'Bearer nonsense' }, 'auth.invalid-token'],
])('refuses %s', async (_what, headers: Record<string, string>, code) => {
  const answer = await site.api.get('/api/v1/auth/me', { as: 'nobody', headers })
  expect(answer.status).toBe(401)
  expect(answer.body).toEqual(aProblem(code))
  expect(answer.headers.get('www-authenticate')).toBe('Bearer')
})

test('refuses an expired token', async () => {
  const now = new Date(Date.now() - 3_600_000)
  const { token } = await signToken(site.key, {
    user: site.users.admin.id,
    role: 'admin',
    version: 1,
    lifetimeMinutes: 30,
    now,
  })
  expect((await me(token)).body).toEqual(aProblem('auth.invalid-token'))
})

test('refuses the token of a user who does not exist', async () => {
  const { token } = await signToken(site.key, { user: newId('usr'), role: 'admin', version: 1, lifetimeMinutes: 30 })
  const answer = await me(token)
  expect(answer.status).toBe(401)
  expect(answer.body).toEqual(aProblem('auth.user-gone'))
})

test('refuses a deactivated user at once, by token and by password', async () => {
  const user = await aUser(site.db, site.key, 'viewer')
  await site.db.db
    .updateTable('users')
    .set({ deactivated_on: new Date().toISOString() })
    .where('public_id', '=', user.id)
    .execute()
  expect((await me(user.token)).body).toEqual(aProblem('auth.user-gone'))
  expect((await login(user.email, PASSWORD)).status).toBe(401)
})

test('takes the role from the user as they are now', async () => {
  const user = await aUser(site.db, site.key, 'viewer')
  await site.db.db.updateTable('users').set({ role: 'admin' }).where('public_id', '=', user.id).execute()
  expect((await me(user.token)).body).toMatchObject({ role: 'admin', admin: true })
})

test('logs out: the token is refused here, at another instance and by whoever follows the bus, within a second', async () => {
  const other = await site.startApi()
  const list = new RevocationList({ bus: site.bus.bus })
  await list.start()
  const user = await aUser(site.db, site.key, 'viewer')
  const {
    body: { access_token: token },
  } = await login(user.email, PASSWORD)
  expect((await other.get('/api/v1/auth/me', { token })).status).toBe(200)

  const answer = await site.api.request('POST', '/api/v1/auth/logout', { token })
  expect(answer.status).toBe(200)
  expect(answer.body.status).toBe('success')
  expect((await me(token)).body).toEqual(aProblem('auth.revoked-token', { detail: 'Token has been revoked.' }))
  await until(
    'the other instance refuses it',
    async () => (await other.get('/api/v1/auth/me', { token })).status === 401,
    {
      timeoutMs: 1000,
    },
  )
  await until('the bus tells it', () => list.size === 1, { timeoutMs: 1000 })
  expect((await site.api.request('POST', '/api/v1/auth/logout', { token })).status).toBe(401)
  expect((await me(user.token)).status).toBe(200)
  await list.stop()
})

test('publishes at start what was revoked while the broker did not hear', async () => {
  await site.db.db
    .insertInto('revoked_tokens')
    .values([
      { jti: 'unheard', expires_at: new Date(Date.now() + 60_000).toISOString() },
      { jti: 'expired', expires_at: new Date(Date.now() - 60_000).toISOString() },
    ])
    .execute()
  await site.startApi()
  const list = new RevocationList({ bus: site.bus.bus })
  await list.start()
  expect(list.has({ sub: newId('usr'), jti: 'unheard', ver: 1 })).toBe(true)
  expect(list.has({ sub: newId('usr'), jti: 'expired', ver: 1 })).toBe(false)
  await list.stop()
})

test('accepts a logout with an empty body of whatever type', async () => {
  for (const type of ['application/json', 'text/plain']) {
    const { body } = await login(site.users.viewer.email, PASSWORD)
    const answer = await site.api.request('POST', '/api/v1/auth/logout', {
      token: body.access_token,
      headers: { 'content-type': type },
      body: '',
    })
    expect(answer.status).toBe(200)
  }
})

test('says that single sign-on is not offered', async () => {
  const answer = await site.api.get('/api/v1/auth/sso/config', { as: 'nobody' })
  expect(answer.body).toEqual({ enabled: false, provider_name: '', authorize_url: '' })
})

test('two logouts at once are both well', async () => {
  const { body } = await login(site.users.viewer.email, PASSWORD)
  const logout = (): Promise<Answer> => site.api.request('POST', '/api/v1/auth/logout', { token: body.access_token })
  const statuses = (await Promise.all([logout(), logout()])).map(({ status }) => status)
  expect(statuses).toContain(200)
  expect(statuses.every((status) => status === 200 || status === 401)).toBe(true)
})

test('lets imported users in, and renews their hash without ending their sessions', async () => {
  const user = await aUser(site.db, site.key, 'viewer')
  const hashes = () =>
    site.db.db.selectFrom('users').select('password_hash').where('public_id', '=', user.id).executeTakeFirstOrThrow()
  const imported = '$2b$04$vuTEUw22OoMmZz96SGfiyO0q7/4vAhq0XinwgpjX1yk4L2OeGOWDW' // of cost 4
  await site.db.db.updateTable('users').set({ password_hash: imported }).where('public_id', '=', user.id).execute()
  expect((await login(user.email, 'wrong')).status).toBe(401)
  expect(await hashes()).toEqual({ password_hash: imported })
  expect((await login(user.email, 'old but good')).status).toBe(200)
  expect(await hashes()).toEqual({ password_hash: expect.stringMatching(/^\$argon2id/) })
  expect((await login(user.email, 'old but good')).status).toBe(200)
  expect((await me(user.token)).status).toBe(200)
})

test('refuses a user without a password like an unknown one', async () => {
  const user = await aUser(site.db, site.key, 'viewer')
  await site.db.db.updateTable('users').set({ password_hash: null }).where('public_id', '=', user.id).execute()
  expect((await login(user.email, PASSWORD)).body).toEqual(aProblem('auth.bad-credentials'))
})

test('takes all addresses of an IPv6 network for one guesser', async () => {
  const from = (host: number): Promise<Answer> =>
    login(`guess${host}@example.com`, 'guess', { 'x-forwarded-for': `2001:db8:7:7::${host}` })
  const answers = await Promise.all(Array.from({ length: 60 }, (_, host) => from(host + 1)))
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(50)
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(10)
})

describe('the description of the API, for admins only', () => {
  const PAGES = ['/docs', '/docs/', '/docs/start.js', '/openapi.json']
  const basic = (email: string, password: string) => ({
    authorization: `Basic ${Buffer.from(`${email}:${password}`).toString('base64')}`,
  })
  let api: TestApi
  beforeAll(async () => {
    api = await site.startApi({ API_DOCS: 'admin' })
  })

  test.each(PAGES)('%s asks for an admin, by token or by password', async (page) => {
    const { users } = site
    const without = await api.get(page, { as: 'nobody' })
    expect(without.status).toBe(401)
    expect(without.headers.get('www-authenticate')).toBe('Basic realm="WebMACS API", charset="UTF-8"')
    expect((await api.get(page, { as: 'admin' })).status).toBe(200)
    expect((await api.get(page, { as: 'operator' })).status).toBe(403)
    const by = (email: string, password: string): Promise<Answer> =>
      api.get(page, { as: 'nobody', headers: basic(email, password) })
    expect((await by(users.admin.email, PASSWORD)).status).toBe(200)
    expect((await by(users.operator.email, PASSWORD)).status).toBe(403)
    for (const [email, password] of [
      [users.admin.email, 'wrong'],
      ['nobody@example.com', PASSWORD],
      ['', ''],
    ] as const) {
      const refused = await by(email, password)
      expect(refused.status).toBe(401)
      expect(refused.headers.get('www-authenticate')).toMatch(/^Basic/)
    }
  })

  test('slows down guessing there too', async () => {
    const { email } = await aUser(site.db, site.key, 'admin')
    const guesses = await Promise.all(
      Array.from({ length: 12 }, () => api.get('/docs', { as: 'nobody', headers: basic(email, 'guess') })),
    )
    expect(guesses.filter(({ status }) => status === 429)).toHaveLength(2)
    const answer = await api.request('POST', '/api/v1/auth/login', {
      as: 'nobody',
      body: { email, password: PASSWORD },
    })
    expect(answer.status).toBe(429)
  })

  test('takes a password nowhere else, and shows the script of the page to all', async () => {
    const headers = basic(site.users.admin.email, PASSWORD)
    expect((await api.get('/api/v1/users', { as: 'nobody', headers })).status).toBe(401)
    expect((await api.get('/docs/scalar.js', { as: 'nobody' })).status).toBe(200)
  })
})

test('never logs a token', () => {
  const lines = JSON.stringify(site.api.logged)
  expect(lines).not.toContain(site.users.admin.token)
  expect(lines).not.toContain(PASSWORD)
})
