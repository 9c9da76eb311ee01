import { until } from '@webmacs/testing'
import { describe, expect, test } from 'vitest'
import {
  anId,
  aString,
  aTimestamp,
  expectInvalid,
  expectProblem,
  expectStatus,
  expectSuccess,
  type Page,
} from './expectations.ts'
import { send } from './http.ts'
import type { ContractSite } from './site.ts'

const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url')
const UNSIGNED = `${encode({ alg: 'none', typ: 'JWT' })}.${encode({ sub: '1', role: 'admin', exp: 4_000_000_000 })}.`

/** http.md §1.2 and §2. */
export function auth(site: ContractSite): void {
  describe('login', () => {
    test('answers with a token, and writes it into the log', async () => {
      const user = await site.newUser('viewer')
      const answer = await site.post('/auth/login', { email: user.email, password: user.password }, { as: 'nobody' })
      expect(expectStatus(answer, 200).json()).toMatchObject({
        status: 'success',
        message: aString,
        access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
        public_id: user.id,
        username: user.username,
      })
      await until('the login is in the log', async () => {
        const { data } = (await site.get('/logging?page_size=100')).json<Page>()
        return data.some((entry) => entry.user_public_id === user.id && entry.logging_type === 'info')
      })
    })

    test('says the same of an unknown user and a wrong password', async () => {
      const { email } = await site.newUser('viewer')
      const wrong = await site.post('/auth/login', { email, password: 'wrong' }, { as: 'nobody' })
      const unknown = await site.post(
        '/auth/login',
        { email: 'who@contract.example', password: 'wrong' },
        { as: 'nobody' },
      )
      const problems = [wrong, unknown].map((answer) => expectProblem(answer, 401, 'auth.bad-credentials'))
      expect(problems[0]?.detail).toBe(problems[1]?.detail)
      expect(wrong.headers.get('www-authenticate')).toBeNull()
    })

    test.each([
      ['body.email', { password: 'x' }],
      ['body.password', { email: 'a@b.example' }],
      ['body.password', { email: 'a@b.example', password: '' }],
      ['body.password', { email: 'a@b.example', password: 5 }],
      ['body.email', { email: 'nobody', password: 'x' }],
      ['body.email', { email: null, password: 'x' }],
    ])('names %s when it is wrong: %j', async (field, body) => {
      expectInvalid(await site.post('/auth/login', body, { as: 'nobody' }), field)
    })

    test('counts all of a long password', async () => {
      const user = await site.newUser('viewer')
      const long = 'p'.repeat(72)
      expectSuccess(await site.put(`/users/${user.id}`, { password: `${long}-mine` }, { as: user }), 200)
      const other = await site.post('/auth/login', { email: user.email, password: `${long}-other` }, { as: 'nobody' })
      expectProblem(other, 401, 'auth.bad-credentials')
      await site.login(user.email, `${long}-mine`)
    })

    test('minds no capitals in the domain', async () => {
      const user = await site.newUser('viewer')
      await site.login(user.email.replace('contract.example', 'Contract.EXAMPLE'), user.password)
    })
  })

  describe('tokens of a request', () => {
    test('reads the scheme in any case', async () => {
      for (const scheme of ['bearer', 'BEARER']) {
        const headers = { authorization: `${scheme} ${site.token('viewer')}` }
        expectStatus(await send('GET', `${site.url}/api/v1/auth/me`, { headers }), 200)
      }
    })

    test.each(['Basic YWRtaW46YWRtaW4=', 'Bearer', 'Bearer ', 'Token abc', ''])(
      'asks for a token where there is "%s"',
      async (authorization) => {
        const answer = await send('GET', `${site.url}/api/v1/auth/me`, { headers: { authorization } })
        expectProblem(answer, 401, 'auth.required')
        expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/)
      },
    )

    test.each(['nonsense', 'a.b.c', UNSIGNED, `wm_${'x'.repeat(64)}`, 'wm_'])('refuses %s', async (token) => {
      expectProblem(await site.get('/auth/me', { as: { token } }), 401, 'auth.invalid-token')
    })

    test('refuses a token whose signature is another', async () => {
      const [head, body, signature = ''] = site.token('admin').split('.')
      const changed = signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`
      const answer = await site.get('/auth/me', { as: { token: `${head}.${body}.${changed}` } })
      expectProblem(answer, 401, 'auth.invalid-token')
    })

    test('goes by the role of now, not by that of the login', async () => {
      const user = await site.newUser('operator')
      expectSuccess(await site.put(`/users/${user.id}`, { role: 'viewer' }), 200)
      expectProblem(await site.post('/logging', { content: 'x' }, { as: user }), 403, 'auth.forbidden')
      expectSuccess(await site.put(`/users/${user.id}`, { role: 'operator' }), 200)
      expectSuccess(await site.post('/logging', { content: 'x' }, { as: user }), 201)
    })

    test('ends other sessions with the password, and keeps the one that changed it', async () => {
      const user = await site.newUser('viewer')
      const other = await site.login(user.email, user.password)
      expectSuccess(await site.put(`/users/${user.id}`, { password: 'another battery' }, { as: user }), 200)
      expectStatus(await site.get('/auth/me', { as: user }), 200)
      expectProblem(await site.get('/auth/me', { as: other }), 401)
    })
  })

  describe('logout', () => {
    test('ends this session and no other, though both began in one second', async () => {
      const user = await site.newUser('viewer')
      const [one, two] = await Promise.all([
        site.login(user.email, user.password),
        site.login(user.email, user.password),
      ])
      expect(one.token).not.toBe(two.token)
      expectSuccess(await site.post('/auth/logout', undefined, { as: one }), 200)
      expectProblem(await site.get('/auth/me', { as: one }), 401, 'auth.revoked-token')
      expectProblem(await site.post('/auth/logout', undefined, { as: one }), 401, 'auth.revoked-token')
      expectStatus(await site.get('/auth/me', { as: two }), 200)
    })

    test('survives being asked five times at once', async () => {
      const user = await site.newUser('viewer')
      const answers = await Promise.all(
        Array.from({ length: 5 }, () => site.post('/auth/logout', undefined, { as: user })),
      )
      const statuses = answers.map((answer) => answer.status)
      expect(statuses).toContain(200)
      expect(statuses.every((status) => status === 200 || status === 401)).toBe(true)
    })

    test('with an API token either ends the token or says that it does not', async () => {
      const { token } = (await site.post('/tokens', { name: 'logout' }, { as: 'operator' })).json<{ token: string }>()
      const answer = await site.post('/auth/logout', undefined, { as: { token } })
      const after = await site.get('/auth/me', { as: { token } })
      expect([
        [200, 401],
        [403, 200],
      ]).toContainEqual([answer.status, after.status])
    })
  })

  describe('profile', () => {
    test('tells who one is', async () => {
      for (const role of ['viewer', 'operator', 'admin'] as const) {
        expect((await site.get('/auth/me', { as: role })).json()).toMatchObject({
          public_id: anId('usr'),
          email: site.account(role).email,
          username: site.account(role).username,
          role,
          admin: role === 'admin',
          registered_on: aTimestamp,
          sso_provider: null,
        })
      }
    })

    test('offers no single sign-on until it is set up', async () => {
      const answer = expectStatus(await site.get('/auth/sso/config', { as: 'nobody' }), 200)
      expect(answer.json()).toEqual({ enabled: false, provider_name: '', authorize_url: '' })
    })
  })
}
