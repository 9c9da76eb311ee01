import { type Datapoint, encodeQuality, formatTime, type Micros, newId, nowMicros, parseTime } from '@webmacs/contracts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, type ApiSite, startApiSite } from '../testing/api-site.ts'
import { anEvent, type StoredReading, storeReadings, type TestEvent } from '../testing/stored-readings.ts'

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite()
})
afterAll(() => site[Symbol.asyncDispose]())

const SECOND: Micros = 1_000_000
const MINUTE: Micros = 60 * SECOND
const HOUR: Micros = 60 * MINUTE

const ask = (body: unknown): Promise<Answer> =>
  site.api.request('POST', '/api/v1/datapoints/series', { as: 'viewer', body })
async function seriesOf(event: TestEvent, minutes: number, maxPoints = 500): Promise<Datapoint[]> {
  const { body } = await ask({ event_public_ids: [event.id], minutes, max_points: maxPoints })
  return body[event.id]
}
const valuesIn = (points: readonly Datapoint[]): number[] => points.map(({ value }) => value)
const timesIn = (points: readonly Datapoint[]): number[] => points.map(({ timestamp }) => parseTime(timestamp) ?? 0)

/** One reading every `interval` back from now, oldest first; `value` by its age in readings. */
async function aHistory(count: number, interval: Micros, value: (age: number) => number): Promise<TestEvent> {
  const event = await anEvent(site.db)
  const now = nowMicros()
  const readings: StoredReading[] = []
  for (let age = count; age > 0; age--) readings.push({ time: now - age * interval, value: value(age) })
  await storeReadings(site.db, event, readings)
  return event
}

function expectAscending(points: readonly Datapoint[]): void {
  const times = timesIn(points)
  expect(times).toEqual([...new Set(times)].sort((one, other) => one - other))
}

test('gives few readings as they were stored', async () => {
  const event = await aHistory(100, SECOND, (age) => age / 4)
  const points = await seriesOf(event, 5)
  expect(valuesIn(points)).toEqual(Array.from({ length: 100 }, (_, index) => (100 - index) / 4))
  expectAscending(points)
})

test('keeps ends, spike and dip of more readings than points', async () => {
  const event = await aHistory(20_000, 100_000, (age) =>
    age === 7000 ? 500 : age === 12_345 ? -500 : 20 + Math.sin(age),
  )
  const points = await seriesOf(event, 60, 100)
  expect(points.length).toBeLessThanOrEqual(100)
  expect(points.length).toBeGreaterThan(50)
  expect(valuesIn(points)).toEqual(expect.arrayContaining([500, -500]))
  expect(points[0]?.value).toBe(20 + Math.sin(20_000))
  expect(points.at(-1)?.value).toBe(20 + Math.sin(1))
  expectAscending(points)
})

test('keeps ends, spike and dip through the rollups of long windows', async () => {
  const event = await aHistory(60_000, 10 * SECOND, (age) =>
    age === 7000 ? 500 : age === 54_321 ? -500 : 20 + Math.sin(age),
  )
  const points = await seriesOf(event, 14_400, 200)
  expect(points.length).toBeLessThanOrEqual(200)
  expect(points.length).toBeGreaterThan(100)
  expect(valuesIn(points)).toEqual(expect.arrayContaining([500, -500]))
  expect(points[0]?.value).toBe(20 + Math.sin(60_000))
  expect(points.at(-1)?.value).toBe(20 + Math.sin(1))
  expectAscending(points)
  const spike = points.find(({ value }) => value === 500)
  const exact = await site.api.get(`/api/v1/datapoints/${spike?.public_id}`, { as: 'viewer' })
  expect(exact.body).toMatchObject({ value: 500, timestamp: spike?.timestamp })
})

test('spends the points on where the readings are, not on a window that is mostly empty', async () => {
  const event = await aHistory(600, SECOND, (age) => Math.sin(age))
  const points = await seriesOf(event, 14_400, 100)
  expect(points.length).toBeLessThanOrEqual(100)
  expect(points.length).toBeGreaterThan(60)
})

test('starts the window to the microsecond, in rollups too', async () => {
  const event = await aHistory(60_000, 10 * SECOND, () => 1)
  for (const minutes of [1, 137, 9000]) {
    const points = await seriesOf(event, minutes, 10)
    const ages = timesIn(points).map((time) => nowMicros() - time)
    expect(Math.max(...ages)).toBeLessThanOrEqual(minutes * MINUTE + 5 * SECOND)
    expect(Math.max(...ages)).toBeGreaterThan(minutes * MINUTE - 15 * SECOND)
  }
})

test('leaves bad readings out', async () => {
  const event = await anEvent(site.db)
  const now = nowMicros()
  await storeReadings(site.db, event, [
    { time: now - 3 * SECOND, value: 1 },
    { time: now - 2 * SECOND, value: 1e9, quality: encodeQuality(['bad']) },
    { time: now - SECOND, value: null, quality: encodeQuality(['bad', 'sensor_fault']) },
    { time: now, value: 2, quality: encodeQuality(['uncertain', 'stale']) },
  ])
  const points = await seriesOf(event, 5)
  expect(points.map(({ value, quality }) => [value, quality])).toEqual([
    [1, undefined],
    [2, ['uncertain', 'stale']],
  ])
})

test('answers every id that is asked for, in the order of asking', async () => {
  const [one, other] = [await aHistory(3, SECOND, (age) => age), await aHistory(2, SECOND, (age) => -age)]
  const unknown = newId('evt')
  const ids = [other.id, 'nonsense', unknown, one.id, other.id]
  const { status, body } = await ask({ event_public_ids: ids })
  expect(status).toBe(200)
  expect(Object.keys(body)).toEqual([other.id, 'nonsense', unknown, one.id])
  expect(valuesIn(body[one.id])).toEqual([3, 2, 1])
  expect(valuesIn(body[other.id])).toEqual([-2, -1])
  expect(body.nonsense).toEqual([])
})

test('answers ids that have nothing in the window, known or not, with nothing', async () => {
  const [silent, old] = [await anEvent(site.db), await anEvent(site.db)]
  await storeReadings(site.db, old, [{ time: nowMicros() - 3 * HOUR, value: 1 }])
  const ids = [silent.id, old.id, newId('evt'), 'nonsense']
  for (const asked of [ids, ...ids.map((id) => [id])]) {
    const { status, body } = await ask({ event_public_ids: asked, minutes: 60 })
    expect({ status, body }).toEqual({ status: 200, body: Object.fromEntries(asked.map((id) => [id, []])) })
  }
})

test('mixes events with few readings and many', async () => {
  const [few, many] = [
    await aHistory(50, MINUTE, (age) => age),
    await aHistory(3000, SECOND, (age) => (age === 1500 ? 99 : 1)),
  ]
  const { body } = await ask({ event_public_ids: [few.id, many.id], minutes: 60, max_points: 60 })
  expect(body[few.id]).toHaveLength(50)
  expect(body[many.id].length).toBeLessThanOrEqual(60)
  expect(valuesIn(body[many.id])).toContain(99)
})

test('tells the experiment of each point', async () => {
  const event = await aHistory(100, MINUTE, (age) => age)
  const id = newId('exp')
  const now = nowMicros()
  await site.db.db
    .insertInto('experiments')
    .values({ public_id: id, name: id, started_on: formatTime(now - 1.5 * HOUR), stopped_on: formatTime(now - HOUR) })
    .execute()
  for (const maxPoints of [500, 40]) {
    const points = await seriesOf(event, 200, maxPoints)
    const inside = points.filter(({ timestamp }) => {
      const age = now - (parseTime(timestamp) ?? 0)
      return age <= 1.5 * HOUR && age > HOUR
    })
    expect(inside.length).toBeGreaterThan(5)
    expect(points.filter(({ experiment_public_id }) => experiment_public_id === id)).toEqual(inside)
    expect(inside.length).toBeLessThan(points.length)
  }
})

test('includes readings of a clock that is fast', async () => {
  const event = await aHistory(3000, SECOND, () => 1)
  await storeReadings(site.db, event, [{ time: nowMicros() + 10 * HOUR, value: 7 }])
  const points = await seriesOf(event, 60, 50)
  expect(points.length).toBeLessThanOrEqual(50)
  expect(points.at(-1)?.value).toBe(7)
})

test.each([
  [{}, 'body.event_public_ids'],
  [{ event_public_ids: [] }, 'body.event_public_ids'],
  [{ event_public_ids: Array.from({ length: 21 }, () => 'x') }, 'body.event_public_ids'],
  [{ event_public_ids: [5] }, 'body.event_public_ids.0'],
  [{ event_public_ids: ['x'], minutes: 0 }, 'body.minutes'],
  [{ event_public_ids: ['x'], minutes: 14_401 }, 'body.minutes'],
  [{ event_public_ids: ['x'], minutes: 1.5 }, 'body.minutes'],
  [{ event_public_ids: ['x'], minutes: '60' }, 'body.minutes'],
  [{ event_public_ids: ['x'], max_points: 9 }, 'body.max_points'],
  [{ event_public_ids: ['x'], max_points: 2001 }, 'body.max_points'],
  [{ event_public_ids: ['x'], max_points: null }, 'body.max_points'],
])('refuses %j', async (body, field) => {
  const answer = await ask(body)
  expect(answer.status).toBe(422)
  expect(answer.body.errors[0].field).toBe(field)
})
