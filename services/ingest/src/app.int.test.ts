import { request } from '@webmacs/bus'
import { decodeQuality, formatTime, nowMicros, parseTime, Watermark } from '@webmacs/contracts'
import { openDatabase } from '@webmacs/database'
import { aFrame, startTcpProxy, until, valuesOf } from '@webmacs/testing'
import { expect, test } from 'vitest'
import { inTransaction } from './commit/in-transaction.ts'
import { startSite } from './ingest-site.fixture.ts'
import { holdRollups, holdRollupsAlone } from './rollups/hold-rollups.ts'

const DAY = 86_400_000_000

test('stores a frame soon after it came, exact to the microsecond and with its quality', async () => {
  await using site = await startSite()
  const [temperature, pressure] = (await site.addEvents(2)) as [never, never]
  await site.startWriter()
  const time = formatTime(Math.floor(nowMicros() / 1000) * 1000 + 7)
  const values = valuesOf([
    [temperature, 23.5],
    [pressure, null],
  ])
  const published = performance.now()
  await site.publish(aFrame({ time, values, quality: { [pressure]: ['bad', 'sensor_fault'] } }))
  await until('the row is there', async () => (await site.countRows()) === 2)
  expect(performance.now() - published).toBeLessThan(1000)
  await site.untilAcked()
  expect(await site.rowsOf(temperature)).toEqual([{ time: parseTime(time), value: 23.5, quality: 0 }])
  const [fault] = await site.rowsOf(pressure)
  expect(fault).toMatchObject({ time: parseTime(time), value: null })
  expect(decodeQuality(fault?.quality ?? 0)).toEqual(['bad', 'sensor_fault'])
  expect(await site.wrongRollups()).toEqual([])
})

test('redelivers a batch whose commit failed, and stores its rows once', async () => {
  await using site = await startSite()
  const [event] = (await site.addEvents(1)) as [never]
  await site.publish([1, 2, 3].map((value) => aFrame({ values: valuesOf([[event, value]]) })))
  site.databaseProxy.cutWhenClientSends('COMMIT')
  await site.startWriter()
  await site.untilAcked()
  expect(await site.rowsOf(event)).toHaveLength(3)
  expect(await site.wrongRollups()).toEqual([])
})

test('waits while the database is away, fetches no more than it can hold, and goes on when it is back', async () => {
  await using site = await startSite()
  const [event] = (await site.addEvents(1)) as [never]
  await site.startWriter({ BATCH_MAX_ROWS: '10' })
  site.databaseProxy.refuse()
  for (let count = 0; count < 500; count += 1) await site.publish(aFrame({ values: valuesOf([[event, count]]) }))
  const { num_pending } = await site.bus.jsm.consumers.info(site.bus.names.streams.readings, 'ingest')
  expect(num_pending).toBeGreaterThan(0)
  site.databaseProxy.resume()
  await site.untilAcked()
  expect(await site.rowsOf(event)).toHaveLength(500)
  expect(await site.wrongRollups()).toEqual([])
})

test('takes a bounded number of bytes while the database is away, however small the messages before were', async () => {
  await using site = await startSite()
  const [event] = (await site.addEvents(1)) as [never]
  await site.startWriter()
  const small = aFrame({ values: valuesOf([[event, 1]]) })
  for (let count = 0; count < 300; count += 1) await site.publish(small)
  await site.untilAcked()
  site.databaseProxy.refuse()
  const large = JSON.stringify({ ...small, padding: 'x'.repeat(240 * 1024) })
  for (let count = 0; count < 400; count += 1) await site.publishRaw(large)
  const consumer = () => site.bus.jsm.consumers.info(site.bus.names.streams.readings, 'ingest')
  await until('the writer holds some', async () => (await consumer()).num_ack_pending >= 30)
  expect((await consumer()).num_ack_pending).toBeLessThan(200) // 47 MB
  site.databaseProxy.resume()
  await site.untilAcked(20_000)
})

test('does not bring deleted rows back when their frame is delivered again', async () => {
  await using site = await startSite()
  const [event, other] = (await site.addEvents(2)) as [never, never]
  const frame = aFrame({ values: valuesOf([[event, 1]]) })
  await site.startWriter()
  await site.publish(frame)
  await site.untilAcked()
  await site.db.deleteFrom('datapoints').execute()
  await site.publish(frame)
  await site.publish(aFrame({ values: valuesOf([[other, 1]]) }))
  await site.untilAcked()
  expect(await site.rowsOf(event)).toEqual([])
  expect(await site.rowsOf(other)).toHaveLength(1)
})

test('keeps the first value of a moment, in one batch and across batches', async () => {
  await using site = await startSite()
  const [event] = (await site.addEvents(1)) as [never]
  const [time, later] = [formatTime(nowMicros()), formatTime(nowMicros() + 1000)]
  const frame = (at: string, value: number) => aFrame({ time: at, values: valuesOf([[event, value]]) })
  await site.startWriter()
  await site.publish([frame(later, 1), frame(time, 2), frame(later, 3), frame(time, 4)])
  await site.untilAcked()
  await site.publish([frame(time, 5), frame(later, 6), frame(formatTime(nowMicros()), 7)])
  await site.untilAcked()
  expect((await site.rowsOf(event)).map(({ value }) => value)).toEqual([2, 1, 7])
  expect(await site.wrongRollups()).toEqual([])
})

test('makes the partition that late data needs, and marks what claims to come from the future', async () => {
  await using site = await startSite()
  const [event] = (await site.addEvents(1)) as [never]
  await site.startWriter()
  const times = [nowMicros() - 400 * DAY, nowMicros() + 600_000_000]
  await site.publish(times.map((time) => aFrame({ time: formatTime(time), values: valuesOf([[event, 1]]) })))
  await site.untilAcked()
  const rows = await site.rowsOf(event)
  expect(rows.map(({ time }) => time)).toEqual(times)
  expect(rows.map(({ quality }) => decodeQuality(quality))).toEqual([[], ['time_uncertain']])
})

test('tells a source up to where its frames are committed, and what it has beyond a gap', async () => {
  await using site = await startSite()
  const [event] = (await site.addEvents(1)) as [never]
  await site.startWriter()
  const frame = (seq: number) =>
    aFrame({ source: 'gaps', epoch: 'e1', seq, time: formatTime(nowMicros() + seq), values: valuesOf([[event, seq]]) })
  await site.publish([1, 2, 3, 7, 8].map(frame))
  const mark = { source: 'gaps', epoch: 'e1', watermark: 3 }
  const ranges = [
    { first: 1, last: 3 },
    { first: 7, last: 8 },
  ]
  await until('the watermark is published', () => site.watermarks().some(({ source }) => source === 'gaps'))
  expect(site.watermarks().at(-1)).toEqual({ ...mark, ranges })
  const ask = (epoch: string) =>
    request(site.bus, site.bus.names.subjects.historian('watermark'), { source: 'gaps', epoch }, Watermark, {
      timeoutMs: 5000,
    })
  expect(await ask('e1')).toEqual({ ...mark, ranges })
  expect(await ask('e2')).toEqual({ source: 'gaps', epoch: 'e2', watermark: 0, ranges: [] })
  await site.publish([4, 5, 6].map(frame))
  await until('the gap is closed', () => site.watermarks().at(-1)?.watermark === 8)
  expect(site.watermarks().at(-1)?.ranges).toEqual([{ first: 1, last: 8 }])
})

test('two writers share the work and store every row once', async () => {
  await using site = await startSite()
  const events = await site.addEvents(10)
  await Promise.all([site.startWriter({ BATCH_MAX_ROWS: '100' }), site.startWriter({ BATCH_MAX_ROWS: '100' })])
  const start = nowMicros()
  const frames = Array.from({ length: 1000 }, (_, n) =>
    aFrame({ time: formatTime(start + n), values: valuesOf(events.map((event) => [event, n])) }),
  )
  await Promise.all([...frames, ...frames.slice(0, 300)].map((frame) => site.publish(frame)))
  await site.untilAcked()
  expect(await site.countRows()).toBe(10_000)
  expect(await site.wrongRollups()).toEqual([])
})

test('goes on by itself when the broker was away', async () => {
  await using site = await startSite()
  await site.redeliverAfter(1000)
  await using broker = await startTcpProxy(site.environment.NATS_URL ?? '')
  const [event] = (await site.addEvents(1)) as [never]
  await site.startWriter({ NATS_URL: broker.url })
  const publish = (value: number) => site.publish(aFrame({ values: valuesOf([[event, value]]) }))
  await publish(1)
  await site.untilAcked()
  broker.refuse()
  await publish(2)
  expect(await site.rowsOf(event)).toHaveLength(1)
  broker.resume()
  await until('the second frame is stored', async () => (await site.rowsOf(event)).length === 2, { timeoutMs: 25_000 })
})

test('does not let a transaction that fell silent keep its locks', async () => {
  await using site = await startSite()
  const shared = { url: site.environment.DATABASE_URL ?? '', maxConnections: 1, applicationName: 'test' }
  const database = openDatabase({ ...shared, idleTransactionTimeoutMs: 200 })
  const other = openDatabase(shared)
  try {
    const frozen = await database.pool.connect()
    const ended = new Promise((resolve) => frozen.once('end', resolve))
    await frozen.query('BEGIN')
    await holdRollups(frozen)
    // Waits until the frozen one is ended.
    await inTransaction(other, holdRollupsAlone)
    await ended
    frozen.release(true)
  } finally {
    await Promise.all([database.close(), other.close()])
  }
})
