import { createApiToken, hashApiToken, signToken, verifyToken } from '@webmacs/auth'
import { request } from '@webmacs/bus'
import { formatTime, newId, nowMicros, RunningExperiment, VerifiedCredential } from '@webmacs/contracts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiSite, aUser, startApiSite } from '../testing/api-site.ts'

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite()
})
afterAll(() => site[Symbol.asyncDispose]())

const ask = (body: unknown) => {
  const { bus } = site.bus
  return request(bus, bus.names.subjects.authVerify, body, VerifiedCredential, { timeoutMs: 2000 })
}

async function aSession(role: 'viewer' | 'operator' = 'operator') {
  const user = await aUser(site.db, site.key, role)
  const { sub, jti, ver } = await verifyToken(site.key, user.token)
  return { ...user, asked: { session: { user: sub, jti, version: ver } } }
}

async function anApiToken(user: string, expiresInSeconds: number | null = null) {
  const token = createApiToken()
  const { id } = await site.db.db
    .selectFrom('users')
    .select('id')
    .where('public_id', '=', user as never)
    .executeTakeFirstOrThrow()
  const public_id = newId('tok')
  const expires_at = expiresInSeconds === null ? null : formatTime(nowMicros() + expiresInSeconds * 1_000_000)
  const row = { public_id, name: 'logger', token_hash: hashApiToken(token), user_id: id, expires_at }
  await site.db.db.insertInto('api_tokens').values(row).execute()
  return { public_id, expires_at, asked: { api_token_hash: hashApiToken(token) } }
}

const change = (user: string, set: object) =>
  site.db.db
    .updateTable('users')
    .set(set)
    .where('public_id', '=', user as never)
    .execute()

test('tells the role that the user of a session has now', async () => {
  const { id, asked } = await aSession('operator')
  expect(await ask(asked)).toEqual({ user: id, role: 'operator', api_token: null, expires_at: null })
  await change(id, { role: 'viewer' })
  expect(await ask(asked)).toMatchObject({ role: 'viewer' })
})

test('refuses a session that was logged out', async () => {
  const { token, asked } = await aSession()
  await site.api.request('POST', '/api/v1/auth/logout', { token })
  await expect(ask(asked)).rejects.toMatchObject({ code: 'auth.revoked-token' })
})

test('refuses the sessions of a user that began under an earlier version, but for the one that is kept', async () => {
  const { id, asked } = await aSession()
  const kept = await signToken(site.key, { user: id, role: 'operator', version: 1, lifetimeMinutes: 60 })
  await change(id, { session_version: 2, kept_session: kept.claims.jti })
  await expect(ask(asked)).rejects.toMatchObject({ code: 'auth.revoked-token' })
  expect(await ask({ session: { user: id, jti: kept.claims.jti, version: 1 } })).toMatchObject({ user: id })
})

test('refuses a user who was deactivated, and one who never was', async () => {
  const { id, asked } = await aSession()
  const token = await anApiToken(id)
  await change(id, { deactivated_on: formatTime(nowMicros()) })
  await expect(ask(asked)).rejects.toMatchObject({ code: 'auth.user-gone' })
  await expect(ask(token.asked)).rejects.toMatchObject({ code: 'auth.user-gone' })
  await expect(ask({ session: { user: newId('usr'), jti: 'x', version: 1 } })).rejects.toMatchObject({
    code: 'auth.user-gone',
  })
})

test('tells owner, role, id and end of an API token', async () => {
  const { id } = await aSession('operator')
  const lasting = await anApiToken(id)
  expect(await ask(lasting.asked)).toEqual({
    user: id,
    role: 'operator',
    api_token: lasting.public_id,
    expires_at: null,
  })
  const ending = await anApiToken(id, 60)
  expect(await ask(ending.asked)).toMatchObject({ api_token: ending.public_id, expires_at: ending.expires_at })
})

test('refuses an API token that is unknown or has expired, and says which', async () => {
  await expect(ask({ api_token_hash: '0'.repeat(64) })).rejects.toMatchObject({ code: 'auth.invalid-token' })
  const expired = await anApiToken(site.users.viewer.id, -1)
  await expect(ask(expired.asked)).rejects.toMatchObject({ code: 'auth.expired-token' })
})

test('refuses what is neither a session nor an API token', async () => {
  await expect(ask({ token: 'wm_secret' })).rejects.toMatchObject({ code: 'request.invalid' })
})

test('says which experiment runs', async () => {
  const { bus } = site.bus
  const running = () => request(bus, bus.names.subjects.runningExperiment, {}, RunningExperiment, { timeoutMs: 2000 })
  expect(await running()).toEqual({ experiment: null })
  const experiment = { public_id: newId('exp'), started_on: formatTime(nowMicros()) }
  await site.db.db
    .insertInto('experiments')
    .values({ ...experiment, name: 'first' })
    .execute()
  expect(await running()).toEqual({ experiment })
  await site.db.db
    .updateTable('experiments')
    .set({ stopped_on: formatTime(nowMicros()) })
    .execute()
  expect(await running()).toEqual({ experiment: null })
})
