import { openBucket } from '@webmacs/bus'
import { formatTime, type Micros, nowMicros, RevokedToken } from '@webmacs/contracts'
import { createTestBus, type TestBus, until } from '@webmacs/testing'
import { expect, test } from 'vitest'
import { publishRevocation, RevocationList } from './revocation-list.ts'

const HOUR: Micros = 3_600_000_000

async function aStartedList(site: TestBus, clock?: () => Micros): Promise<RevocationList & AsyncDisposable> {
  const list = new RevocationList({ bus: site.bus, ...(clock && { clock }) })
  await list.start()
  return Object.assign(list, { [Symbol.asyncDispose]: () => list.stop() })
}

test('knows what was revoked before it started', async () => {
  await using site = await createTestBus()
  await publishRevocation(site.bus, 'token-1', nowMicros() + HOUR)
  await using list = await aStartedList(site)
  expect(list.has('token-1')).toBe(true)
  expect(list.has('token-2')).toBe(false)
})

test('learns within a second what is revoked later, and tells it once', async () => {
  await using site = await createTestBus()
  await using list = await aStartedList(site)
  const told: string[] = []
  list.onRevoked((jti) => told.push(jti))
  await publishRevocation(site.bus, 'token-1', nowMicros() + HOUR)
  await publishRevocation(site.bus, 'token-1', nowMicros() + HOUR)
  await publishRevocation(site.bus, 'token-2', nowMicros() + HOUR)
  await until('both are known', () => list.has('token-1') && list.has('token-2'), { timeoutMs: 1000 })
  expect(told).toEqual(['token-1', 'token-2'])
})

test('forgets a token when it has expired by itself, and never before', async () => {
  await using site = await createTestBus()
  let now = nowMicros()
  await publishRevocation(site.bus, 'token-1', now + HOUR)
  await using list = await aStartedList(site, () => now)
  list.purgeExpired()
  expect(list.has('token-1')).toBe(true)
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
  await until('the later change is known', () => list.has('token-2'))
  expect(list.has('token-1')).toBe(true)
})
