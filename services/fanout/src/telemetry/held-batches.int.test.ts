import { AppError } from '@webmacs/contracts'
import { until } from '@webmacs/testing'
import { expect, test } from 'vitest'
import { aController, type FanoutSite, startFanoutSite } from '../testing/fanout-site.ts'

const aBatch = (value: number) => ({ datapoints: [{ value, event_public_id: 'evt_1' }] })
const valuesOf = (site: FanoutSite) => site.api.batches.map(({ datapoints }) => datapoints[0]?.value)
const keysOf = (site: FanoutSite) => new Set(site.api.batches.map(({ idempotency_key }) => idempotency_key))

/** Datapoints that were given up, as the service counts them. */
async function lost(site: FanoutSite): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${site.opsPort}/metrics`)).text()
  return Number(/^webmacs_fanout_telemetry_lost_total\{[^}]*\} (\d+)$/m.exec(metrics)?.[1] ?? 0)
}

test('keeps what an older client said before it went while api was away, once and in order', async () => {
  await using site = await startFanoutSite()
  const client = await aController(site)
  await site.api.stop()
  for (let n = 0; n < 5; n++) client.say(aBatch(n))
  client.socket.close(1000)
  await client.closed
  await site.api.start()
  await until('all batches', () => site.api.batches.length === 5)
  expect(valuesOf(site)).toEqual([0, 1, 2, 3, 4])
  expect(keysOf(site).size).toBe(5)
  expect(await lost(site)).toBe(0)
})

test('tries a batch again unchanged and under the same key, and says nothing of it', async () => {
  await using site = await startFanoutSite()
  const client = await aController(site)
  site.api.take = ({ datapoints }) => {
    if (site.api.batches.length < 3) throw new AppError('database.unavailable')
    return { accepted: datapoints.length, rejected: [] }
  }
  client.say(aBatch(1))
  await until('three attempts', () => site.api.batches.length === 3)
  client.say({ id: 'after', ...aBatch(2) })
  await client.next('ack')
  expect(new Set(site.api.batches.slice(0, 3).map((batch) => JSON.stringify(batch))).size).toBe(1)
  expect(client.messages).toHaveLength(1)
})

test('gives a batch up when the hold time is over, counts it and says so', async () => {
  await using site = await startFanoutSite({ TELEMETRY_HOLD_SECONDS: '1' })
  const client = await aController(site)
  await site.api.stop()
  client.say(aBatch(1))
  client.say(aBatch(2))
  await until('both errors', () => client.messages.length === 2)
  expect(client.messages[0]).toMatchObject({ type: 'error', code: 'service.unavailable' })
  expect(await lost(site)).toBe(2)
  expect(site.logged.filter((line) => line.includes('telemetry.lost'))).toHaveLength(1)
})

test('reads a client no further while its batches are held', async () => {
  await using site = await startFanoutSite()
  const client = await aController(site)
  await site.api.stop()
  const filler = 'x'.repeat(100_000)
  for (let n = 0; n < 200; n++) client.say({ ...aBatch(n), filler })
  await until('the client to be held up', () => client.socket.bufferedAmount > 0)
  await site.api.start()
  await until('all batches', () => site.api.batches.length === 200)
  expect(valuesOf(site)).toEqual(Array.from({ length: 200 }, (_, n) => n))
})

test('waits at shutdown for what a client said that is gone already', async () => {
  await using site = await startFanoutSite()
  const client = await aController(site)
  await site.api.stop()
  for (let n = 0; n < 3; n++) client.say(aBatch(n))
  client.socket.close(1000)
  await client.closed
  const stopped = site.stop()
  await site.api.start()
  await stopped
  expect(valuesOf(site)).toEqual([0, 1, 2])
})
