import { request } from '@webmacs/bus'
import { DeletedDatapoints, type EventId, formatTime, type Micros, nowMicros } from '@webmacs/contracts'
import { aFrame, valuesOf } from '@webmacs/testing'
import { expect, test } from 'vitest'
import { type Site, startSite } from '../ingest-site.fixture.ts'

const MINUTE: Micros = 60_000_000
/** A minute that lies in the past as a whole. */
const aMinute = (): Micros => (Math.floor(nowMicros() / MINUTE) - 1) * MINUTE

const remove = ({ bus }: Site, event: EventId, time: string): Promise<DeletedDatapoints> =>
  request(bus, bus.names.subjects.historian('delete'), { event, time }, DeletedDatapoints, { timeoutMs: 10_000 })
const frameAt = (event: EventId, time: Micros, value: number) =>
  aFrame({ time: formatTime(time), values: valuesOf([[event, value]]) })

test('deletes one datapoint and mends the rollup that held it', async () => {
  await using site = await startSite()
  const [event, other] = (await site.addEvents(2)) as [EventId, EventId]
  await site.startWriter()
  const minute = aMinute()
  const times = [minute, minute + 1, minute + 2, minute + MINUTE]
  await site.publish(times.map((time, n) => frameAt(event, time, n === 1 ? 99 : n)))
  await site.publish(frameAt(other, minute + 1, 5))
  await site.untilAcked()
  expect(await remove(site, event, formatTime(minute + 1))).toEqual({ deleted: 1 })
  expect(await site.rowsOf(event)).toHaveLength(3)
  expect(await site.rowsOf(other)).toHaveLength(1)
  expect(await site.wrongRollups()).toEqual([])
})

test('removes the rollup with its last datapoint, and takes new readings of that minute', async () => {
  await using site = await startSite()
  const [event] = (await site.addEvents(1)) as [EventId]
  await site.startWriter()
  const minute = aMinute()
  await site.publish(frameAt(event, minute, 1))
  await site.untilAcked()
  await remove(site, event, formatTime(minute))
  expect(await site.db.selectFrom('datapoint_rollups').selectAll().execute()).toEqual([])
  await site.publish(frameAt(event, minute, 2))
  await site.untilAcked()
  expect(await site.rowsOf(event)).toMatchObject([{ value: 2 }])
  expect(await site.wrongRollups()).toEqual([])
})

test('does not bring back what was deleted when its frame comes again', async () => {
  await using site = await startSite()
  const [event] = (await site.addEvents(1)) as [EventId]
  await site.startWriter()
  const minute = aMinute()
  const [gone, stays] = [frameAt(event, minute, 1), frameAt(event, minute + 1, 2)]
  await site.publish([gone, stays])
  await site.untilAcked()
  await remove(site, event, formatTime(minute))
  await site.publish(gone)
  // One row that is there already has the whole batch written another way, which must not forget the frames' numbers.
  await site.publish([gone, frameAt(event, minute + 1, 3), frameAt(event, minute + 2, 4)])
  await site.untilAcked()
  expect(await site.rowsOf(event)).toMatchObject([{ value: 2 }, { value: 4 }])
  expect(await site.wrongRollups()).toEqual([])
})

test('says that there was nothing to delete', async () => {
  await using site = await startSite()
  const [event] = (await site.addEvents(1)) as [EventId]
  await site.startWriter()
  await site.publish(frameAt(event, aMinute(), 1))
  await site.untilAcked()
  expect(await remove(site, event, formatTime(nowMicros()))).toEqual({ deleted: 0 })
  expect(await remove(site, event, 'yesterday')).toEqual({ deleted: 0 })
})

test('deletes a bad reading, which no rollup holds', async () => {
  await using site = await startSite()
  const [event] = (await site.addEvents(1)) as [EventId]
  await site.startWriter()
  const minute = aMinute()
  const bad = aFrame({ time: formatTime(minute), values: valuesOf([[event, null]]), quality: { [event]: ['bad'] } })
  await site.publish([bad, frameAt(event, minute + 1, 1)])
  await site.untilAcked()
  expect(await remove(site, event, formatTime(minute))).toEqual({ deleted: 1 })
  expect(await site.wrongRollups()).toEqual([])
})

test('keeps rollups right while writers fill the minute that is deleted from', async () => {
  await using site = await startSite()
  const [event] = (await site.addEvents(1)) as [EventId]
  const writers = { BATCH_MAX_ROWS: '20', BATCH_MAX_AGE_MS: '5' }
  await Promise.all([site.startWriter(writers), site.startWriter(writers)])
  const minute = aMinute()
  const first = Array.from({ length: 60 }, (_, n) => minute + n)
  await Promise.all(first.map((time, n) => site.publish(frameAt(event, time, n))))
  await site.untilAcked()
  const more = Array.from({ length: 400 }, (_, n) => minute + 1000 + n)
  const [deleted] = await Promise.all([
    Promise.all(first.map((time) => remove(site, event, formatTime(time)))),
    Promise.all(more.map((time, n) => site.publish(frameAt(event, time, -n)))),
  ])
  await site.untilAcked()
  expect(deleted).toEqual(first.map(() => ({ deleted: 1 })))
  expect(await site.rowsOf(event)).toHaveLength(400)
  expect(await site.wrongRollups()).toEqual([])
})

test('says that the database is away', async () => {
  await using site = await startSite()
  const [event] = (await site.addEvents(1)) as [EventId]
  await site.startWriter()
  await site.publish(frameAt(event, aMinute(), 1))
  await site.untilAcked() // by then the writer listens
  site.databaseProxy.refuse()
  await expect(remove(site, event, formatTime(nowMicros()))).rejects.toMatchObject({ code: 'database.unavailable' })
})
