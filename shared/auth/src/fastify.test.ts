import { type Access, AppError, newId, type Role } from '@webmacs/contracts'
import Fastify, { type FastifyInstance } from 'fastify'
import { expect, test } from 'vitest'
import { createApiToken } from './api-tokens.ts'
import { type AuthenticationOptions, guardRoutes, type Principal, principalOf } from './fastify.ts'
import { createTokenKey, signToken } from './tokens.ts'

const key = createTokenKey('a secret of more than thirty-two characters')
const user = newId('usr')

const ACCESS: Record<string, Access> = {
  'GET /public': { role: 'public' },
  'GET /viewer': { role: 'viewer' },
  'GET /operator': { role: 'operator' },
  'GET /admin': { role: 'admin' },
  'GET /login-only': { role: 'viewer', credential: 'login' },
  'GET /docs': { role: 'public', configurable: true },
  'GET /link': { role: 'viewer', link: true },
}

/** `held` is the role that the user has now, whatever the token says. */
function anApp(held: Role = 'viewer', refusal?: AppError, more: Partial<AuthenticationOptions> = {}): FastifyInstance {
  const app = Fastify()
  app.setErrorHandler((err, _request, reply) =>
    reply.code(err instanceof AppError ? err.status : 500).send(err instanceof AppError ? err.message : 'internal'),
  )
  const load = async (principal: Principal): Promise<Principal> => {
    if (refusal !== undefined) throw refusal
    return principal
  }
  guardRoutes(app, {
    ...more,
    key,
    access: ACCESS,
    loadSession: (claims) => load({ id: claims.sub, key: 7, role: held, credential: { kind: 'login', claims } }),
    loadTokenOwner: () => load({ id: user, key: 7, role: held, credential: { kind: 'api-token', id: newId('tok') } }),
  })
  for (const [route, { role }] of Object.entries(ACCESS)) {
    app.get(route.slice(4), async (request) =>
      role === 'public' ? {} : route === 'GET /link' ? { id: request.principal?.id ?? null } : principalOf(request).id,
    )
  }
  return app
}

const authorization = async (role: Role = 'viewer'): Promise<string> =>
  `Bearer ${(await signToken(key, { user, role, version: 1, lifetimeMinutes: 5 })).token}`

test.each([
  ['viewer', 200, 403, 403],
  ['operator', 200, 200, 403],
  ['admin', 200, 200, 200],
] as const)('lets a %s do what the role allows', async (held, viewer, operator, admin) => {
  const app = anApp(held)
  const headers = { authorization: await authorization() }
  const codes = await Promise.all(
    ['/viewer', '/operator', '/admin'].map(async (url) => (await app.inject({ url, headers })).statusCode),
  )
  expect(codes).toEqual([viewer, operator, admin])
})

test('goes by the role that the user has now, not by the one in the token', async () => {
  const response = await anApp('viewer').inject({
    url: '/admin',
    headers: { authorization: await authorization('admin') },
  })
  expect(response.statusCode).toBe(403)
  expect(response.body).toBe('Admin privileges required.')
})

test('tells the handler who asks', async () => {
  const response = await anApp().inject({ url: '/viewer', headers: { authorization: await authorization() } })
  expect(response.body).toBe(user)
})

test('asks for a token on every route but public ones', async () => {
  const app = anApp()
  expect((await app.inject('/public')).statusCode).toBe(200)
  expect((await app.inject('/viewer')).statusCode).toBe(401)
  expect((await app.inject({ url: '/viewer', headers: { authorization: 'Bearer nonsense' } })).statusCode).toBe(401)
})

test('passes on why a principal is refused', async () => {
  const app = anApp('viewer', new AppError('auth.revoked-token'))
  const response = await app.inject({ url: '/viewer', headers: { authorization: await authorization() } })
  expect(response.statusCode).toBe(401)
  expect(response.body).toBe('Token has been revoked.')
})

test('answers 404 for an unknown route without asking for a token', async () => {
  expect((await anApp().inject('/nowhere')).statusCode).toBe(404)
})

test('does not start with a route that the table does not name', async () => {
  const app = anApp()
  expect(() => app.get('/open', async () => ({}))).toThrow('GET /open is not in the access table')
})

test('lets an API token do what its owner may, but not where a login is needed', async () => {
  const app = anApp('operator')
  const headers = { authorization: `Bearer ${createApiToken()}` }
  const codes = ['/operator', '/admin', '/login-only'].map(
    async (url) => (await app.inject({ url, headers })).statusCode,
  )
  expect(await Promise.all(codes)).toEqual([200, 403, 403])
})

test('shows what is configurable to everybody, or to admins with a token or a password', async () => {
  expect((await anApp().inject('/docs')).statusCode).toBe(200)

  const restricted: AuthenticationOptions['restricted'] = {
    roleByPassword: async ({ email, password }) => {
      if (password !== 'secret') throw new AppError('auth.bad-credentials')
      return email === 'ann@example.com' ? 'admin' : 'operator'
    },
  }
  const statusWith = async (authorization: string, held: Role = 'admin'): Promise<number> =>
    (await anApp(held, undefined, { restricted }).inject({ url: '/docs', headers: { authorization } })).statusCode
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
  expect(await statusWith('')).toBe(401)
  expect(await statusWith(await authorization())).toBe(200)
  expect(await statusWith(await authorization(), 'operator')).toBe(403)
  expect(await statusWith(basic('ann@example.com:secret'))).toBe(200)
  expect(await statusWith(basic('ann@example.com:wrong'))).toBe(401)
  expect(await statusWith(basic('bob@example.com:secret'))).toBe(403)
})

test('takes a password nowhere else', async () => {
  const app = anApp('admin', undefined, { restricted: { roleByPassword: async () => 'admin' } })
  const headers = { authorization: `Basic ${Buffer.from('ann@example.com:secret').toString('base64')}` }
  expect((await app.inject({ url: '/admin', headers })).statusCode).toBe(401)
})

test('lets a link with a key in without a token, for the handler to check the key, and only where the table says so', async () => {
  const app = anApp()
  const byLink = await app.inject('/link?key=abc')
  expect([byLink.statusCode, byLink.json()]).toEqual([200, { id: null }])
  expect((await app.inject('/link')).statusCode).toBe(401)
  expect((await app.inject('/viewer?key=abc')).statusCode).toBe(401)
  const bySession = await app.inject({ url: '/link', headers: { authorization: await authorization() } })
  expect(bySession.json()).toEqual({ id: user })
})
