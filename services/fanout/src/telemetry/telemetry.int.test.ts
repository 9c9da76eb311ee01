import { AppError } from '@webmacs/contracts'
import { until } from '@webmacs/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { aController, type FanoutSite, startFanoutSite } from '../testing/fanout-site.ts'

let site: FanoutSite
beforeAll(async () => {
  site = await startFanoutSite()
})
afterAll(() => site[Symbol.asyncDispose]())
beforeEach(() => {
  site.api.batches.length = 0
  site.api.take = ({ datapoints }) => ({ accepted: datapoints.length, rejected: [] })
})

const aDatapoint = (value: unknown = 1) => ({ value, event_public_id: 'evt_1' })

/** Waits until all that the client said before is dealt with. */
async function settled(client: Awaited<ReturnType<typeof aController>>) {
  client.say({ id: 'last', datapoints: [aDatapoint()] })
  await until('the answer to the last batch', () =>
    client.messages.some((answer) => 'id' in answer && answer.id === 'last'),
  )
}

test('says nothing to an older client, but for errors', async () => {
  const client = await aController(site)
  client.say({ datapoints: [aDatapoint(), aDatapoint('2.5')] })
  client.say({})
  client.say({ datapoints: Array.from({ length: 501 }, () => aDatapoint()) })
  client.say({ datapoints: [null] })
  await settled(client)
  expect(client.messages.slice(0, -1)).toEqual([
    { type: 'error', message: 'Batch too large (501), max 500' },
    { type: 'error', message: 'No valid datapoints in batch' },
  ])
  expect(site.api.batches[0]).toEqual({
    user: expect.stringMatching(/^usr_/),
    datapoints: [aDatapoint(1), aDatapoint(2.5)],
    idempotency_key: expect.any(String),
    received_on: expect.stringMatching(/Z$/),
  })
  expect(site.api.batches).toHaveLength(2)
})

test('answers what became of a batch that has an id, in the numbering of its sender', async () => {
  site.api.take = () => ({
    accepted: 1,
    rejected: [{ index: 1, event_public_id: 'evt_9', code: 'unknown_event', reason: 'Unknown event.' }],
  })
  const client = await aController(site)
  client.say({
    id: 'b-1',
    datapoints: [aDatapoint('x'), aDatapoint(2), { value: 3, event_public_id: 'evt_9' }, aDatapoint(null)],
  })
  expect(await client.next('ack')).toEqual({
    type: 'ack',
    id: 'b-1',
    accepted: 1,
    rejected: [
      { index: 0, event_public_id: 'evt_1', code: 'invalid', reason: 'value must be a finite number.' },
      { index: 2, event_public_id: 'evt_9', code: 'unknown_event', reason: 'Unknown event.' },
      { index: 3, event_public_id: 'evt_1', code: 'invalid', reason: 'value must be a finite number.' },
    ],
  })
  expect(site.api.batches[0]).toMatchObject({ idempotency_key: 'b-1' })
})

test('names the batch in an error when it has an id, and the code', async () => {
  const client = await aController(site)
  client.say({ id: 'b-2', datapoints: [null] })
  expect(await client.next('error')).toEqual({
    type: 'error',
    id: 'b-2',
    code: 'request.invalid',
    message: 'No valid datapoints in batch',
  })
  client.say({ id: 'b-3', datapoints: [] })
  expect(await client.next('ack')).toEqual({ type: 'ack', id: 'b-3', accepted: 0, rejected: [] })
})

test('hands batches on in their order, one at a time, and reads no further than it can hand on', async () => {
  const taking = Promise.withResolvers<void>()
  let underWay = 0
  let most = 0
  site.api.take = async ({ datapoints }) => {
    most = Math.max(most, ++underWay)
    await taking.promise
    underWay -= 1
    return { accepted: datapoints.length, rejected: [] }
  }
  const client = await aController(site)
  const filler = 'x'.repeat(100_000) // too large for several to fit what is read at once
  const count = 200
  for (let n = 0; n < count; n++) client.say({ id: String(n), datapoints: [aDatapoint(n)], filler })
  await until('the first batch', () => site.api.batches.length === 1)
  await until('the client to be held up', () => client.socket.bufferedAmount > 0)
  taking.resolve()
  await until('all acks', () => client.messages.length === count)
  expect(client.messages.map((answer) => 'id' in answer && answer.id)).toEqual(
    Array.from({ length: count }, (_, n) => String(n)),
  )
  expect(site.api.batches.map(({ datapoints }) => datapoints[0]?.value)).toEqual(
    Array.from({ length: count }, (_, n) => n),
  )
  expect(most).toBe(1)
})

test('hands on what a client said before it went', async () => {
  const client = await aController(site)
  for (let n = 0; n < 5; n++) client.say({ datapoints: [aDatapoint(n)] })
  client.socket.close(1000)
  await until('all batches', () => site.api.batches.length === 5)
})

test('says that api is away, keeps the socket open, and goes on when it is back', async () => {
  const client = await aController(site)
  await site.api.stop()
  client.say({ id: 'b-4', datapoints: [aDatapoint()] })
  expect(await client.next('error')).toEqual({
    type: 'error',
    id: 'b-4',
    code: 'service.unavailable',
    message: 'Service cannot be reached.',
    retry_after_seconds: 2,
  })
  await site.api.start()
  client.say({ id: 'b-4', datapoints: [aDatapoint()] })
  expect(await client.next('ack')).toMatchObject({ id: 'b-4', accepted: 1 })
})

test('says that the broker is away, and goes on when it is back', async () => {
  await using alone = await startFanoutSite()
  const client = await aController(alone)
  alone.proxy.refuse()
  await until('an error', () => {
    client.say({ id: 'b-5', datapoints: [aDatapoint()] })
    return client.messages.find((answer) => answer.type === 'error' && answer.code === 'broker.unavailable')
  })
  alone.proxy.resume()
  await until('an ack', () => {
    client.say({ id: 'b-5', datapoints: [aDatapoint()] })
    return client.messages.find(({ type }) => type === 'ack')
  })
})

test.each([
  [new AppError('historian.behind', { retryAfterSeconds: 30 }), { code: 'historian.behind', retry_after_seconds: 30 }],
  [new AppError('database.unavailable'), { code: 'database.unavailable', retry_after_seconds: 2 }],
  [new AppError('request.key-reused'), { code: 'request.key-reused' }],
])('passes on why a batch was not taken: %s', async (refusal, told) => {
  site.api.take = () => {
    throw refusal
  }
  const client = await aController(site)
  client.say({ id: 'b-7', datapoints: [aDatapoint()] })
  expect(await client.next('error')).toEqual({ type: 'error', id: 'b-7', message: refusal.message, ...told })
  expect(client.socket.readyState).toBe(WebSocket.OPEN)
})

test.each([
  ['auth.forbidden', 'Operator privileges required'],
  ['auth.user-gone', 'User not found'],
] as const)('closes the socket when api answers %s, and hands nothing more on', async (code, reason) => {
  site.api.take = () => {
    throw new AppError(code)
  }
  const client = await aController(site)
  for (let n = 0; n < 3; n++) client.say({ datapoints: [aDatapoint(n)] })
  expect(await client.closed).toEqual({ code: 1008, reason })
  expect(site.api.batches).toHaveLength(1)
})

test('hands on what waits before the service goes away', async () => {
  const alone = await startFanoutSite()
  const client = await aController(alone)
  const taking = Promise.withResolvers<void>()
  alone.api.take = async ({ datapoints }) => {
    await taking.promise
    return { accepted: datapoints.length, rejected: [] }
  }
  client.say({ id: 'b-6', datapoints: [aDatapoint()] })
  await until('the batch', () => alone.api.batches.length === 1)
  const stopped = alone.stop()
  taking.resolve()
  expect(await client.closed).toEqual({ code: 1001, reason: 'Server is going away' })
  expect(client.messages).toEqual([{ type: 'ack', id: 'b-6', accepted: 1, rejected: [] }])
  await stopped
  await alone[Symbol.asyncDispose]()
})
