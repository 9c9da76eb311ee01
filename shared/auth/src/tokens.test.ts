import { AppError, newId } from '@webmacs/contracts'
import { SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { createTokenKey, signToken, verifyToken } from './tokens.ts'

const key = createTokenKey('a secret of more than thirty-two characters')
const user = newId('usr')
const now = new Date('2026-11-23T16:00:00Z')
const later = (minutes: number): Date => new Date(now.getTime() + minutes * 60_000)
const sign = () => signToken(key, { user, role: 'operator', version: 1, lifetimeMinutes: 60, now })

const invalid = expect.objectContaining({ name: 'AppError', code: 'auth.invalid-token' })
const resigned = (claims: Record<string, unknown>, header: Record<string, unknown> = {}, secret: Uint8Array = key) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'JWT', ...header }).sign(secret)

test('reads back what it signed', async () => {
  const { token, claims } = await sign()
  expect(await verifyToken(key, token, later(59))).toEqual(claims)
  expect(claims).toMatchObject({ sub: user, role: 'operator', exp: claims.iat + 3600 })
})

test('gives two logins of one second different tokens', async () => {
  const [first, second] = await Promise.all([sign(), sign()])
  expect(first.claims.jti).not.toBe(second.claims.jti)
})

test('refuses a token that has expired', async () => {
  const { token } = await sign()
  await expect(verifyToken(key, token, later(61))).rejects.toEqual(invalid)
})

test.each(['', 'x', 'a.b.c', 'wm_abcdef', '{}', `${'a'.repeat(5000)}.${'b'.repeat(5000)}.c`])(
  'refuses %j as no token at all',
  async (text) => {
    await expect(verifyToken(key, text, now)).rejects.toEqual(invalid)
  },
)

test('refuses a token of another secret', async () => {
  const { claims } = await sign()
  const other = createTokenKey('another secret of more than thirty-two characters')
  await expect(verifyToken(key, await resigned(claims, {}, other), now)).rejects.toEqual(invalid)
})

test('refuses a token whose content was changed', async () => {
  const { token, claims } = await sign()
  const [header, , signature] = token.split('.')
  const forged = Buffer.from(JSON.stringify({ ...claims, role: 'admin' })).toString('base64url')
  await expect(verifyToken(key, `${header}.${forged}.${signature}`, now)).rejects.toEqual(invalid)
})

test('refuses a token without signature', async () => {
  const { claims } = await sign()
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  await expect(verifyToken(key, `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`, now)).rejects.toEqual(invalid)
})

test('refuses a token of another algorithm or type, though the secret is right', async () => {
  const { claims } = await sign()
  await expect(verifyToken(key, await resigned(claims, { alg: 'HS512' }), now)).rejects.toEqual(invalid)
  await expect(verifyToken(key, await resigned(claims, { typ: 'login-state' }), now)).rejects.toEqual(invalid)
})

test.each(['sub', 'role', 'jti', 'ver', 'iat', 'exp'])('refuses a token without %s', async (claim) => {
  const { claims } = await sign()
  const { [claim as 'sub']: _left, ...rest } = claims
  await expect(verifyToken(key, await resigned(rest), now)).rejects.toEqual(invalid)
})

test('refuses a role that does not exist', async () => {
  const { claims } = await sign()
  await expect(verifyToken(key, await resigned({ ...claims, role: 'root' }), now)).rejects.toEqual(invalid)
})

test('says in its error nothing but the code', async () => {
  const err = await verifyToken(key, 'x', now).catch((caught: unknown) => caught)
  expect(err).toBeInstanceOf(AppError)
  expect((err as AppError).message).toBe('Invalid or expired token.')
})

test('refuses a secret that is too short', () => {
  expect(() => createTokenKey('short')).toThrow(/5 characters, 32 are needed/)
})
