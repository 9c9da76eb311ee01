import { openBucket } from '@webmacs/bus'
import { formatTime, type Micros, newId, nowMicros, RevokedToken } from '@webmacs/contracts'
import { createTestBus, type TestBus, until } from '@webmacs/testing'
import { expect, test } from 'vitest'
import { endSessions, publishRevocation, RevocationList, type Session } from './revocation-list.ts'

const HOUR: Micros = 3_600_000_000
const user = newId('usr')
const aSession = (jti: string, ver = 1): Session => ({ sub: user, jti, ver })

async function aStartedList(site: TestBus, clock?: () => Micros): Promise<RevocationList & AsyncDisposable> {
  const list = new RevocationList({ bus: site.bus, ...(clock && { clock }) })
  await list.start()
  return Object.assign(list, { [Symbol.asyncDispose]: () => list.stop() })
}

test('knows what was revoked before it started', async () => {
  await using site = await createTestBus()
  await publishRevocation(site.bus, 'token-1', nowMicros() + HOUR)
  await using list = await aStartedList(site)
  expect(list.has(aSession('token-1'))).toBe(true)
  expect(list.has(aSession('token-2'))).toBe(false)
})

test('learns within a second what is revoked later, and tells it once', async () => {
  await using site = await createTestBus()
  await using list = await aStartedList(site)
  let told = 0
  list.onRevoked(() => {
    told += 1
  })
  await publishRevocation(site.bus, 'token-1', nowMicros() + HOUR)
  await publishRevocation(site.bus, 'token-1', nowMicros() + HOUR)
  await publishRevocation(site.bus, 'token-2', nowMicros() + HOUR)
  const both = () => list.has(aSession('token-1')) && list.has(aSession('token-2'))
  await until('both are known', both, { timeoutMs: 1000 })
  expect(told).toBe(2)
})

test('ends all sessions of a user that began before, but for the one that is kept', async () => {
  await using site = await createTestBus()
  await using list = await aStartedList(site)
  await endSessions(site.bus, { user, version: 3, kept: 'this-one', expiresAt: nowMicros() + HOUR })
  await until('it is known', () => list.has(aSession('other', 2)), { timeoutMs: 1000 })
  expect(list.has(aSession('this-one', 2))).toBe(false)
  expect(list.has(aSession('later', 3))).toBe(false)
  expect(list.has({ ...aSession('other', 2), sub: newId('usr') })).toBe(false)
})

test('follows when sessions of one user end again', async () => {
  await using site = await createTestBus()
  await using list = await aStartedList(site)
  await endSessions(site.bus, { user, version: 2, kept: 'this-one', expiresAt: nowMicros() + HOUR })
  await endSessions(site.bus, { user, version: 3, kept: null, expiresAt: nowMicros() + HOUR })
  await until('the second is known', () => list.has(aSession('this-one', 1)), { timeoutMs: 1000 })
  expect(list.has(aSession('between', 2))).toBe(true)
})

test('forgets a token when it has expired by itself, and never before', async () => {
  await using site = await createTestBus()
  let now = nowMicros()
  await publishRevocation(site.bus, 'token-1', now + HOUR)
  await using list = await aStartedList(site, () => now)
  list.purgeExpired()
  expect(list.has(aSession('token-1'))).toBe(true)
  now += HOUR
  list.purgeExpired()
  expect(list.size).toBe(0)
})

test('does not take a revocation back when its key is deleted', async () => {
  await using site = await createTestBus()
  await publishRevocation(site.bus, 'token-1', nowMicros() + HOUR)
  await using list = await aStartedList(site)
  const bucket = await openBucket(site.bus, site.bus.names.buckets.revoked, RevokedToken)
  await bucket.delete('token-1')
  await bucket.put('token-2', { expires_at: formatTime(nowMicros() + HOUR) })
  await until('the later change is known', () => list.has(aSession('token-2')))
  expect(list.has(aSession('token-1'))).toBe(true)
})
