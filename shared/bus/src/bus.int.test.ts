import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { nanos } from '@nats-io/transport-node'
import { AppError, busNames, RevokedToken, Watermark, WatermarkRequest } from '@webmacs/contracts'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import {
  ACK_WAIT_MS,
  type Bus,
  connectBus,
  NoReplyError,
  NotConnectedError,
  openBucket,
  openBus,
  openFileStore,
  provision,
  publishChange,
  registerService,
  request,
  respond,
  unprovision,
  untilConnected,
} from './index.ts'
import type { BusLimits } from './provision.ts'

declare module 'vitest' {
  interface ProvidedContext {
    natsUrl: string
  }
}

const MIB = 1024 * 1024
const LIMITS: BusLimits = {
  readingsBytes: 8 * MIB,
  readingsAgeHours: 1,
  changesBytes: MIB,
  changesAgeHours: 1,
  deadBytes: MIB,
  commandsBytes: 1024 * 1024,
  commandsAgeHours: 1,
  deadAgeHours: 1,
  bucketBytes: MIB,
  packagesBytes: 4 * MIB,
}
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
let bus: Bus

beforeEach(async () => {
  const prefix = `b${randomBytes(5).toString('hex')}`
  bus = await connectBus({ url: inject('natsUrl'), prefix, name: 'bus-test', log: silent })
  await provision(bus, LIMITS)
})

afterEach(async () => {
  await unprovision(bus)
  await bus.close()
})

test('provisions twice without harm, and brings limits up to date', async () => {
  await provision(bus, { ...LIMITS, readingsBytes: 16 * MIB })
  const { config } = await bus.jsm.streams.info(bus.names.streams.readings)
  expect(config).toMatchObject({ retention: 'limits', storage: 'file', max_bytes: 16 * MIB })
  const consumer = await bus.jsm.consumers.info(bus.names.streams.readings, bus.names.durables.ingest)
  expect(consumer.config).toMatchObject({ ack_policy: 'explicit', max_ack_pending: -1, ack_wait: nanos(ACK_WAIT_MS) })
  expect(ACK_WAIT_MS).toBeLessThanOrEqual(10_000)
})

test('keeps prefixes apart', () => {
  expect(busNames('a').streams.readings).not.toBe(busNames('b').streams.readings)
  expect(() => busNames('a.b')).toThrow(RangeError)
})

test('answers a request, and refuses one that breaks the schema by naming the field', async () => {
  const subject = bus.names.subjects.historian('watermark')
  respond(bus, subject, WatermarkRequest, (asked) => ({ ...asked, watermark: 3, ranges: [] }))
  const ask = (body: unknown) => request(bus, subject, body, Watermark, { timeoutMs: 2000 })
  expect(await ask({ source: 'lab', epoch: 'one' })).toEqual({ source: 'lab', epoch: 'one', watermark: 3, ranges: [] })
  await expect(ask({ source: 'lab' })).rejects.toThrow('request.epoch is required')
})

test('reveals nothing of a failure inside the responder', async () => {
  const subject = bus.names.subjects.historian('watermark')
  respond(bus, subject, WatermarkRequest, () => {
    throw new Error('password is hunter2')
  })
  const asked = request(bus, subject, { source: 'a', epoch: 'b' }, Watermark, { timeoutMs: 2000 })
  await expect(asked).rejects.toMatchObject({ code: 'internal' })
  await expect(asked).rejects.not.toThrow('hunter2')
})

test('answers what is under way before it stops', async () => {
  const subject = bus.names.subjects.historian('watermark')
  const begun = Promise.withResolvers<void>()
  const finish = Promise.withResolvers<void>()
  const responder = respond(bus, subject, WatermarkRequest, async (asked) => {
    begun.resolve()
    await finish.promise
    return { ...asked, watermark: 3, ranges: [] }
  })
  const asked = request(bus, subject, { source: 'lab', epoch: 'one' }, Watermark, { timeoutMs: 2000 })
  await begun.promise
  const stopped = responder.stop()
  finish.resolve()
  await stopped
  expect(await asked).toMatchObject({ watermark: 3 })
})

test('says in a refusal when asking again makes sense', async () => {
  const subject = bus.names.subjects.historian('watermark')
  respond(bus, subject, WatermarkRequest, () => {
    throw new AppError('historian.behind', { retryAfterSeconds: 30 })
  })
  const asked = request(bus, subject, { source: 'a', epoch: 'b' }, Watermark, { timeoutMs: 2000 })
  await expect(asked).rejects.toMatchObject({ code: 'historian.behind', retryAfterSeconds: 30 })
})

test('says when nobody answers', async () => {
  await expect(request(bus, `${bus.names.prefix}.nobody`, {}, Watermark, { timeoutMs: 500 })).rejects.toThrow(
    NoReplyError,
  )
})

test('shows a bucket as it is and as it changes, and passes over what breaks the schema', async () => {
  const bucket = await openBucket(bus, bus.names.buckets.revoked, RevokedToken)
  await bucket.put('one', { expires_at: '2026-11-24T00:00:00Z' })
  await bus.js.publish(`$KV.${bus.names.buckets.revoked}.bad`, '{"expires_at":5}')
  expect([...(await bucket.entries('>')).keys()]).toEqual(['one'])
  const aborter = new AbortController()
  const seen: [string, boolean][] = []
  for await (const { key, value } of bucket.watch('>', { signal: aborter.signal })) {
    seen.push([key, value !== undefined])
    if (seen.length === 1) await bucket.put('two', { expires_at: '2026-11-25T00:00:00Z' })
    if (seen.length === 2) await bucket.delete('one')
    if (seen.length === 3) aborter.abort()
  }
  expect(seen).toEqual([
    ['one', true],
    ['two', true],
    ['one', false],
  ])
  expect(await bucket.get('one')).toBeUndefined()
})

test('lists a bucket while it is written, without waiting for what was overwritten', async () => {
  const bucket = await openBucket(bus, bus.names.buckets.revoked, RevokedToken)
  const entry = { expires_at: '2026-11-24T17:30:00Z' }
  await bucket.put('one', entry)
  let isListed = false
  const writing = (async () => {
    while (!isListed) await bucket.put('one', entry)
  })()
  for (let turn = 0; turn < 100; turn++) expect([...(await bucket.entries('>')).keys()]).toEqual(['one'])
  isListed = true
  await writing
})

test("goes on watching a bucket that was made anew, as after the loss of the broker's disk", async () => {
  const bucket = await openBucket(bus, bus.names.buckets.revoked, RevokedToken)
  for (let n = 0; n < 3; n++) await bucket.put(`old${n}`, { expires_at: '2026-11-24T00:00:00Z' })
  const aborter = new AbortController()
  for await (const { key } of bucket.watch('>', { signal: aborter.signal })) {
    if (key === 'old2') {
      await bus.jsm.streams.delete(`KV_${bus.names.buckets.revoked}`)
      await provision(bus, LIMITS)
      await bucket.put('new', { expires_at: '2026-11-25T00:00:00Z' })
      await bus.nc.reconnect()
    }
    if (key === 'new') aborter.abort()
  }
  expect(aborter.signal.aborted).toBe(true)
})

test.each(['http://127.0.0.1:4222', 'ws://127.0.0.1:4222'])('refuses the address %s', async (url) => {
  await expect(connectBus({ url, name: 'bus-test', log: silent })).rejects.toThrow('must begin with nats:// or tls://')
})

/** A way to the broker that is not there before it is opened. */
async function aClosedDoor(): Promise<{ readonly url: string; open(): Promise<Server> }> {
  const broker = new URL(inject('natsUrl'))
  const door = createServer((socket) => {
    const onward = connect(Number(broker.port), broker.hostname)
    socket.pipe(onward).pipe(socket)
    for (const one of [socket, onward]) one.on('error', () => undefined) // it is closed hard at the end
  }).listen(0, '127.0.0.1')
  await once(door, 'listening')
  const { port } = door.address() as AddressInfo // listening on TCP
  door.close()
  const credentials = broker.username && `${broker.username}:${broker.password}@`
  return {
    url: `nats://${credentials}127.0.0.1:${port}`,
    open: async () => {
      await once(door.listen(port, '127.0.0.1'), 'listening')
      return door
    },
  }
}

test('begins with the first connection what was asked for before it, and fails meanwhile', async () => {
  const { url, open } = await aClosedDoor()
  const early = openBus({ url, prefix: bus.names.prefix, name: 'bus-test', log: silent })
  expect(early.status()).toBe('connecting')
  expect(() => early.nc).toThrow(NotConnectedError)
  await expect(request(early, 'x', {}, Watermark, { timeoutMs: 500 })).rejects.toThrow(NoReplyError)
  const subject = `${bus.names.prefix}.early`
  const asked: WatermarkRequest = { source: 'a', epoch: 'b' }
  const responder = respond(early, subject, WatermarkRequest, () => ({ ...asked, watermark: 5, ranges: [] }))
  const name = `early-${bus.names.prefix}`
  const service = await registerService(early, { name, version: '1.2.3', description: 'for this test' })
  const bucket = await openBucket(early, bus.names.buckets.revoked, RevokedToken)
  await expect(bucket.get('one')).rejects.toThrow(NotConnectedError)
  const { signal } = new AbortController()
  const watched = bucket.watch('>', { signal }).next()

  const door = await open()
  await untilConnected(early)
  await bucket.put('one', { expires_at: '2026-11-24T00:00:00Z' })
  expect((await watched).value).toMatchObject({ key: 'one' })
  await early.nc.flush()
  expect(await request(bus, subject, asked, Watermark, { timeoutMs: 2000 })).toMatchObject({ watermark: 5 })
  expect((await bus.nc.request(`$SRV.PING.${name}`, '', { timeout: 2000 })).json()).toMatchObject({ name })
  await Promise.all([responder.stop(), service.stop()])
  await early.close()
  door.close()
})

test.each(['closed', 'aborted'])('gives up connecting when it is %s', async (how) => {
  const { url } = await aClosedDoor()
  const aborter = new AbortController()
  const early = openBus({ url, name: 'bus-test', log: silent, signal: aborter.signal })
  const refused = expect(connectBus({ url, name: 'bus-test', log: silent, signal: aborter.signal })).rejects.toThrow()
  if (how === 'aborted') aborter.abort()
  await early.close()
  aborter.abort()
  await refused
})

test('keeps changes for those who come later', async () => {
  await publishChange(bus, { entity: 'event', verb: 'updated', id: 'evt_1', time: '2026-11-24T00:00:00Z', by: null })
  const { state } = await bus.jsm.streams.info(bus.names.streams.changes)
  expect(state.messages).toBe(1)
})

test('is listed as a service', async () => {
  const name = `test-${bus.names.prefix}`
  const service = await registerService(bus, { name, version: '1.2.3', description: 'for this test' })
  const reply = await bus.nc.request(`$SRV.PING.${name}`, '', { timeout: 2000 })
  expect(reply.json()).toMatchObject({ name, version: '1.2.3' })
  await service.stop()
})

test('keeps files by name: what is put is read back, and what is deleted is gone', async () => {
  const store = await openFileStore(bus, bus.names.files.packages)
  const content = randomBytes(300_000)
  await store.put('one', new Blob([content]).stream())
  await store.put('two', new Blob([content.subarray(0, 10)]).stream())
  expect(Object.fromEntries(await store.list())).toEqual({ one: 300_000, two: 10 })
  expect(Buffer.from(await new Response(await store.get('one')).arrayBuffer()).equals(content)).toBe(true)
  await store.delete('one')
  await store.delete('never there')
  expect(await store.get('one')).toBeUndefined()
  expect([...(await store.list()).keys()]).toEqual(['two'])
})
