import { endSessions, hashApiToken, publishRevocation } from '@webmacs/auth'
import { nowMicros } from '@webmacs/contracts'
import { until } from '@webmacs/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { aViewer, type FanoutSite, startFanoutSite, type TestClient } from '../testing/fanout-site.ts'

let site: FanoutSite
beforeEach(async () => {
  site = await startFanoutSite()
})
afterEach(() => site[Symbol.asyncDispose]())

async function open(token: string) {
  const client = site.stream(`?token=${token}`)
  await client.next('connected')
  return client
}

/** How the client's socket ended, and that it took no longer than a second. */
async function endOf(client: TestClient<unknown>) {
  const began = performance.now()
  const end = await client.closed
  expect(performance.now() - began).toBeLessThan(1000)
  return end
}

const anHour = () => nowMicros() + 3_600_000_000

test('ends the socket of a session that is logged out, and no other', async () => {
  const user = site.api.user('viewer')
  const { token, claims } = await site.api.session('viewer', { user })
  const loggedOut = await open(token)
  const other = await open((await site.api.session('viewer', { user })).token)
  await publishRevocation(site.bus.bus, claims.jti, anHour())
  expect(await endOf(loggedOut)).toEqual({ code: 1008, reason: 'Token has been revoked' })
  expect(await site.stream(`?token=${token}`).closed).toEqual({ code: 1008, reason: 'Token has been revoked' })
  expect(other.socket.readyState).toBe(WebSocket.OPEN)
})

test('ends all sockets of a user whose password changed, but for the session that changed it', async () => {
  const user = site.api.user('viewer')
  const kept = await site.api.session('viewer', { user })
  const ended = await open((await site.api.session('viewer', { user })).token)
  const stays = await open(kept.token)
  await endSessions(site.bus.bus, { user, version: 2, kept: kept.claims.jti, expiresAt: anHour() })
  expect(await endOf(ended)).toEqual({ code: 1008, reason: 'Token has been revoked' })
  expect(stays.socket.readyState).toBe(WebSocket.OPEN)
})

test('ends the socket of an API token that is deleted, also while nobody can be asked', async () => {
  const { token, id } = site.api.apiToken('viewer')
  const client = await open(token)
  site.api.apiTokens.delete(hashApiToken(token))
  await site.api.stop()
  await site.api.tell('api_token', 'deleted', id)
  expect(await endOf(client)).toEqual({ code: 1008, reason: 'Invalid API token' })
})

test('ends sockets when their session or API token expires', async () => {
  const session = await open((await site.api.session('viewer', { expiresInSeconds: 2 })).token)
  const apiToken = await open(site.api.apiToken('viewer', { expiresInSeconds: 1 }).token)
  expect(await session.closed).toEqual({ code: 1008, reason: 'Invalid or expired token' })
  expect(await apiToken.closed).toEqual({ code: 1008, reason: 'API token expired' })
})

test('ends the sockets of a user who is deactivated, and nobody else', async () => {
  const user = site.api.user('operator')
  const bySession = await open((await site.api.session('operator', { user })).token)
  const byToken = await open(site.api.apiToken('operator', { user }).token)
  const other = await aViewer(site)
  await site.api.changeUser(user, 'deactivated', { isActive: false })
  expect(await endOf(bySession)).toEqual({ code: 1008, reason: 'User not found' })
  expect(await endOf(byToken)).toEqual({ code: 1008, reason: 'User not found' })
  expect(other.socket.readyState).toBe(WebSocket.OPEN)
})

test('ends the sockets of a user who may do less now, and leaves those of one who may do more', async () => {
  const user = site.api.user('operator')
  const client = await open(site.api.apiToken('operator', { user }).token)
  await site.api.changeUser(user, 'role_changed', { role: 'admin' })
  await site.api.changeUser(user, 'updated', {})
  client.say({ type: 'ping' })
  await client.next('pong')
  await site.api.changeUser(user, 'role_changed', { role: 'viewer' })
  expect(await endOf(client)).toEqual({ code: 1008, reason: 'Role has changed' })
})

test('stores nothing more of a controller whose user is deactivated', async () => {
  const { token, user } = site.api.apiToken('operator')
  const client = site.telemetry(`?token=${token}`)
  client.socket.on('open', () => client.say({ type: 'ping' }))
  await client.next('pong')
  const taking = Promise.withResolvers<void>()
  site.api.take = async () => {
    await taking.promise
    return { accepted: 1, rejected: [] }
  }
  for (let n = 0; n < 5; n++) client.say({ datapoints: [{ value: n, event_public_id: 'evt_1' }] })
  await until('the first batch', () => site.api.batches.length === 1)
  await site.api.changeUser(user, 'deactivated', { isActive: false })
  expect(await client.closed).toEqual({ code: 1008, reason: 'User not found' })
  taking.resolve()
  expect(site.api.batches).toHaveLength(1)
})

test('ends the sockets of a user who is deactivated, also while nobody can be asked', async () => {
  const user = site.api.user('viewer')
  const client = await open((await site.api.session('viewer', { user })).token)
  await site.api.stop()
  await site.api.changeUser(user, 'deactivated', { isActive: false })
  expect(await endOf(client)).toEqual({ code: 1008, reason: 'User not found' })
})

test('asks once for all sockets of one credential', async () => {
  const user = site.api.user('operator')
  const { token } = await site.api.session('operator', { user })
  const clients = await Promise.all(Array.from({ length: 50 }, () => open(token)))
  const other = await open((await site.api.session('operator', { user })).token)
  const before = site.api.verified
  await site.api.changeUser(user, 'role_changed', { role: 'viewer' })
  for (const client of [...clients, other])
    expect(await endOf(client)).toEqual({ code: 1008, reason: 'Role has changed' })
  expect(site.api.verified - before).toBe(2)
})

test('sends nobody away while api cannot be asked, and asks again', async () => {
  const user = site.api.user('operator')
  const client = await open((await site.api.session('operator', { user })).token)
  await site.api.stop()
  await site.api.changeUser(user, 'role_changed', { role: 'viewer' })
  client.say({ type: 'ping' })
  await client.next('pong')
  expect(client.socket.readyState).toBe(WebSocket.OPEN)
  await site.api.start()
  expect(await client.closed).toEqual({ code: 1008, reason: 'Role has changed' })
})

test('asks about everybody again when the broker was away', async () => {
  const user = site.api.user('viewer')
  const client = await open((await site.api.session('viewer', { user })).token)
  site.proxy.refuse()
  await until('stale', () =>
    client.messages.some((message) => message.type === 'heartbeat' && message.source === 'stale'),
  )
  await site.api.changeUser(user, 'deactivated', { isActive: false })
  site.proxy.resume()
  expect(await client.closed).toEqual({ code: 1008, reason: 'User not found' })
})
