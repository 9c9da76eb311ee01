import { type Datapoint, type DatapointPage, encodeQuality, formatTime, type Micros, newId } from '@webmacs/contracts'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApiSite, aProblem, startApiSite } from '../testing/api-site.ts'
import { anEvent, closeHours, type StoredReading, storeReadings, type TestEvent } from '../testing/stored-readings.ts'
import { listDatapoints } from './list-datapoints.ts'
import { resolveScope } from './list-scope.ts'
import { totalOf } from './list-total.ts'

const SECOND: Micros = 1_000_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const BAD = encodeQuality(['bad', 'sensor_fault'])
const UNCERTAIN = encodeQuality(['uncertain', 'stale'])
const START: Micros = Date.parse('2026-09-10T22:17:31.250Z') * 1000

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite()
})
afterAll(() => site[Symbol.asyncDispose]())

const list = async (query: Record<string, string | number>): Promise<DatapointPage> => {
  const text = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
  )
  const { status, body } = await site.api.get(`/api/v1/datapoints?${text}`, { as: 'viewer' })
  expect(status, JSON.stringify(body)).toBe(200)
  return body
}

async function anExperiment(from: Micros, to: Micros | null, keep = false): Promise<string> {
  const id = newId('exp')
  const window = { started_on: formatTime(from), stopped_on: to === null ? null : formatTime(to) }
  await site.db.db
    .insertInto('experiments')
    .values({ public_id: id, name: id, ...window, keep })
    .execute()
  return id
}

async function emptyHistorian(): Promise<void> {
  await site.db.pool.query(
    'TRUNCATE datapoints, datapoint_rollups, stale_rollups, event_statistics, experiments CASCADE',
  )
  await site.db.pool.query(`UPDATE historian_state SET closed_until = 'epoch', raw_from = 'epoch'`)
}

/** Pages by number, to the first one that is empty. */
async function byNumber(query: Record<string, string | number>, size: number): Promise<Datapoint[]> {
  const all: Datapoint[] = []
  for (let page = 1; ; page++) {
    const { data } = await list({ ...query, page, page_size: size })
    if (data.length === 0) return all
    all.push(...data)
  }
}

async function byCursor(
  query: Record<string, string | number>,
  size: number,
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<Datapoint[]> {
  const all: Datapoint[] = []
  let cursor: string | null | undefined
  do {
    const page = await list({ ...query, page_size: size, ...(cursor && { cursor }) })
    all.push(...page.data)
    cursor = page.next_cursor
    await meanwhile()
  } while (cursor)
  return all
}

describe('of random data', () => {
  interface Stored extends StoredReading {
    readonly event: TestEvent
  }
  let stored: Stored[]
  let events: TestEvent[]
  let experiments: { id: string; from: Micros; to: Micros }[]

  /** Numbers from 0 to below 1, the same in each run. */
  function chance(seed: number): () => number {
    let state = seed
    return () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return state / 2 ** 32
    }
  }
  const random = chance(20_260_910)
  const below = (most: number): number => Math.floor(random() * most)
  const oneOf = <T>(...things: readonly T[]): T => things[below(things.length)] as T // the place is within

  beforeAll(async () => {
    await emptyHistorian()
    events = await Promise.all(Array.from({ length: 5 }, () => anEvent(site.db)))
    const [dense, even, rare, gappy, silent] = events as [TestEvent, TestEvent, TestEvent, TestEvent, TestEvent]
    const quality = (): Pick<StoredReading, 'value' | 'quality'> =>
      oneOf(
        ...[{ value: 1 }, { value: 2 }, { value: 3, quality: UNCERTAIN }, { value: 4 }],
        ...[
          { value: 5, quality: BAD },
          { value: null, quality: BAD },
        ],
      )
    const readings = (event: TestEvent, times: Micros[]): Stored[] =>
      [...new Set(times)].map((time) => ({ event, time, ...quality() }))
    stored = [
      ...readings(
        dense,
        Array.from({ length: 700 }, () => START + 30 * HOUR + below(90) * 100_000 + below(4)),
      ),
      ...readings(
        even,
        Array.from({ length: 600 }, (_, n) => START + n * 7 * MINUTE),
      ),
      ...readings(
        rare,
        Array.from({ length: 20 }, () => START + below(3 * DAY)),
      ),
      ...readings(
        gappy,
        Array.from({ length: 300 }, () => START + oneOf(0, 5 * HOUR, 60 * DAY) + below(5 * MINUTE)),
      ),
      ...readings(silent, [START + 30 * HOUR, START + 30 * HOUR + 100_000]),
    ]
    for (const event of events)
      await storeReadings(
        site.db,
        event,
        stored.filter((one) => one.event === event),
      )
    await closeHours(site.db, START + 2 * DAY)
    // Marked as stale, they must not be believed.
    await site.db.pool.query(
      `INSERT INTO stale_rollups (event_id, hour) SELECT event_id, bucket FROM datapoint_rollups WHERE resolution = 3600 AND event_id % 2 = 0`,
    )
    await site.db.pool.query(
      'UPDATE datapoint_rollups SET count = count + 7 WHERE resolution >= 600 AND event_id % 2 = 0',
    )
    experiments = []
    for (const [from, to] of [
      [START + HOUR, START + 9 * HOUR + 1],
      [START + 29 * HOUR + 17, START + 30 * HOUR + 5 * SECOND],
    ] as const) {
      experiments.push({ id: await anExperiment(from, to), from, to })
    }
  })

  /** What a list has to show, from what was stored. */
  function expected(query: Record<string, string | number>): [string, string, number][] {
    const experiment = experiments.find(({ id }) => id === query.experiment)
    const inMicros = (text: unknown): Micros | undefined =>
      text === undefined ? undefined : stored.map(({ time }) => time).find((time) => formatTime(time) === text)
    const [from = 0, to = Number.POSITIVE_INFINITY] = [inMicros(query.from), inMicros(query.to)]
    const isOf = ({ quality = 0, value }: Stored): boolean => {
      const bits = quality & 3
      const isShown = value !== null && bits !== 2
      if (query.quality === 'good') return isShown && bits === 0
      if (query.quality === 'uncertain') return isShown && bits === 1
      return query.quality === 'bad' ? !isShown : isShown
    }
    return stored
      .filter(isOf)
      .filter(({ event }) => query.event === undefined || event.id === query.event)
      .filter(({ time }) => time >= from && time < to)
      .filter(({ time }) => experiment === undefined || (time >= experiment.from && time < experiment.to))
      .toSorted((a, b) => b.time - a.time || a.event.key - b.event.key)
      .map(({ time, event, value }) => [formatTime(time), event.id, value ?? 0])
  }
  const told = (data: Datapoint[]) => data.map((point) => [point.timestamp, point.event_public_id, point.value])

  function aFilter(): Record<string, string> {
    const [a, b] = [stored[below(stored.length)]?.time ?? 0, stored[below(stored.length)]?.time ?? 0]
    return {
      ...(random() < 0.4 && { event: oneOf(...events).id }),
      ...(random() < 0.3 && { experiment: oneOf(...experiments).id }),
      ...(random() < 0.4 && a !== b && { from: formatTime(Math.min(a, b)) }),
      ...(random() < 0.4 && a !== b && { to: formatTime(Math.max(a, b)) }),
      ...(random() < 0.5 && { quality: oneOf('good', 'uncertain', 'bad', 'shown') }),
    }
  }

  test.each(Array.from({ length: 25 }, (_, round) => round))(
    'pages under a random filter are together what was stored, by number and by cursor (%i)',
    async () => {
      const filter = aFilter()
      const whole = expected(filter)
      const size = Math.max(1 + below(100), Math.ceil(whole.length / 20))
      const context = JSON.stringify({ filter, size })
      expect(told(await byNumber(filter, size)), context).toEqual(whole)
      expect(told(await byCursor(filter, size)), context).toEqual(whole)
      const { total, total_is_estimate } = await list({ ...filter, page_size: 1 })
      expect({ total, total_is_estimate }, context).toEqual({ total: whole.length, total_is_estimate: false })
    },
  )

  test('finds any place by the counts of rollups', async () => {
    const whole = expected({})
    for (const skip of [0, 999, 1001, 1100, whole.length - 101, whole.length - 50, whole.length, whole.length + 5]) {
      const { data } = await list({ skip, limit: 100 })
      expect(told(data), `skip ${skip}`).toEqual(whole.slice(skip, skip + 100))
    }
    for (let skip = 1001; skip < whole.length; skip += 37) {
      const { data } = await list({ skip, limit: 3, page: 9 })
      expect(told(data), `skip ${skip}`).toEqual(whole.slice(skip, skip + 3))
    }
  })

  test('a walk by cursor shows what was there when it began, each once, however much arrives meanwhile', async () => {
    const whole = expected({})
    const event = events[0] as TestEvent
    let time = START + 70 * DAY
    const walked = await byCursor({}, 90, async () => {
      time += SECOND
      await storeReadings(site.db, event, [{ time, value: 9 }])
    })
    expect(told(walked)).toEqual(whole)
    await site.db.pool.query(`DELETE FROM datapoints WHERE value = 9`)
    await site.db.pool.query(`DELETE FROM datapoint_rollups WHERE last = 9`)
  })
})

test('goes on behind a datapoint that is gone, and behind any moment', async () => {
  await emptyHistorian()
  const event = await anEvent(site.db)
  await storeReadings(
    site.db,
    event,
    [1, 2, 3, 4].map((n) => ({ time: START + n * SECOND, value: n })),
  )
  const { data, next_cursor } = await list({ page_size: 2 })
  expect(next_cursor).toBe(data[1]?.public_id)
  await site.db.db.deleteFrom('datapoints').where('value', '=', 3).execute()
  expect((await list({ cursor: next_cursor ?? '' })).data.map(({ value }) => value)).toEqual([2, 1])
  expect((await list({ cursor: next_cursor ?? '', page: 7, skip: 9 })).data.map(({ value }) => value)).toEqual([2, 1])
})

test('counts exactly while that is quick, and estimates by what maintenance measured where it is not', async () => {
  await emptyHistorian()
  const event = await anEvent(site.db)
  await storeReadings(site.db, event, [{ time: START, value: 1 }])
  await sql`
    INSERT INTO datapoint_rollups
    SELECT ${event.key}, 60, bucket, 60, 0, 0, 0, bucket, 0, bucket, 0, bucket, 0, bucket
    FROM generate_series('2026-01-01T00:00Z'::timestamptz, '2026-01-09T00:00Z', interval '1 minute') bucket`.execute(
    site.db.db,
  )
  const totalOf = async (query: Record<string, string | number> = {}) => {
    const { total, total_is_estimate } = await list({ page_size: 1, ...query })
    return [total, total_is_estimate]
  }
  expect(await totalOf({ to: '2026-01-02T00:00Z' })).toEqual([60 * 1440, false])
  // Nothing was measured yet: then there is nothing but to count.
  expect(await totalOf()).toEqual([60 * 11_521 + 1, true])
  await site.db.db
    .insertInto('event_statistics')
    .values({
      ...{ event_id: event.key, datapoints: 1_000_000, last_day: 0 },
      ...{ first_at: '2026-01-01T00:00Z', last_at: '2026-01-11T00:00Z' },
    })
    .execute()
  expect(await totalOf()).toEqual([1_000_000, true])
  const [half] = await totalOf({ from: '2026-01-06T00:00Z', to: '2026-02-01T00:00Z', event: event.id })
  expect(half).toBe(60 * 4321) // few enough
})

test('does not begin to count where it was measured that there is far too much', async () => {
  await emptyHistorian()
  const event = await anEvent(site.db)
  const measured = { event_id: event.key, datapoints: 3_000_000, last_day: 86_400 }
  const window = { first_at: '2026-01-01T00:00Z', last_at: '2026-02-01T00:00Z' }
  await site.db.db
    .insertInto('event_statistics')
    .values({ ...measured, ...window })
    .execute()
  const total = async (query: Record<string, string> = {}) => {
    const scope = await resolveScope(site.db.db, { page: 1, page_size: 1, quality: 'shown', ...query })
    return site.db.db.transaction().execute(async (trx) => {
      await sql`SET LOCAL lock_timeout = '2s'`.execute(trx)
      return totalOf(trx, scope)
    })
  }
  const writer = await site.db.db.startTransaction().execute()
  try {
    await sql`LOCK TABLE datapoint_rollups IN ACCESS EXCLUSIVE MODE`.execute(writer)
    expect(await total()).toEqual({ total: 3_000_000, isEstimate: true })
    expect((await total({ to: '2026-01-16T12:00Z' })).total).toBeCloseTo(1_500_000, -2)
    await expect(total({ to: '2026-01-03T00:00Z' })).rejects.toThrow('lock timeout') // few enough to be counted
  } finally {
    await writer.rollback().execute()
  }
  expect(await total({ to: '2026-01-03T00:00Z' })).toEqual({ total: 0, isEstimate: false })
})

test('shows nothing that retention removed, except of experiments that are kept', async () => {
  await emptyHistorian()
  const event = await anEvent(site.db)
  await storeReadings(
    site.db,
    event,
    Array.from({ length: 40 }, (_, n) => ({ time: START + n * HOUR, value: n })),
  )
  await anExperiment(START + 3 * HOUR, START + 5 * HOUR + 1, true)
  await anExperiment(START + 7 * HOUR, START + 9 * HOUR)
  await site.db.db
    .updateTable('historian_state')
    .set({ raw_from: formatTime(START + 30 * HOUR) })
    .execute()
  const newest = [39, 38, 37, 36, 35, 34, 33, 32, 31, 30]
  expect((await byCursor({}, 4)).map(({ value }) => value)).toEqual([...newest, 5, 4, 3])
  expect((await byNumber({}, 4)).map(({ value }) => value)).toEqual([...newest, 5, 4, 3])
  expect(await list({ page_size: 1 })).toMatchObject({ total: 13, total_is_estimate: true })
})

test('shows of an experiment that was marked late only what was still there, and counts no more', async () => {
  await emptyHistorian()
  const event = await anEvent(site.db)
  await storeReadings(
    site.db,
    event,
    Array.from({ length: 40 }, (_, n) => ({ time: START + n * HOUR, value: n })),
  )
  await closeHours(site.db, START + 40 * HOUR)
  await anExperiment(START + 3 * HOUR, START + 6 * HOUR, true)
  const half = await anExperiment(START + 10 * HOUR, START + 15 * HOUR, true)
  const running = await anExperiment(START + 28 * HOUR, null, true)
  await site.db.db
    .updateTable('historian_state')
    .set({ raw_from: formatTime(START + 30 * HOUR) })
    .execute()
  await site.db.pool.query('DELETE FROM datapoints WHERE value < 12')
  const left = [39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 14, 13, 12]
  expect((await byCursor({}, 4)).map(({ value }) => value)).toEqual(left)
  expect((await byNumber({ event: event.id }, 4)).map(({ value }) => value)).toEqual(left)
  expect(await list({ page_size: 1 })).toMatchObject({ total: 15, total_is_estimate: true })
  expect(await list({ experiment: half })).toMatchObject({ total: 3, data: { length: 3 } })
  expect(await list({ experiment: running })).toMatchObject({ total: 12, data: { length: 12 } })
  expect(await list({ to: formatTime(START + 9 * HOUR) })).toMatchObject({
    total: 0,
    data: [],
    total_is_estimate: false,
  })
})

test('stops looking for few among many after a while, and says where to go on', async () => {
  await emptyHistorian()
  const event = await anEvent(site.db)
  const bad = [1, 2, 300, 301].map((n) => ({ time: START + n * MINUTE, value: null, quality: BAD }))
  await storeReadings(site.db, event, [...bad, { time: START + 600 * MINUTE, value: 1 }])
  let now = 0
  const clock = (): number => {
    now += 400 // each look at it takes long
    return now
  }
  const query = { event: event.id, quality: 'bad', page: 1, page_size: 3 } as const
  const times: string[] = []
  let pages = 0
  for (let cursor: string | undefined; ; ) {
    const page = await listDatapoints({ db: site.db.db, clock }, { ...query, ...(cursor && { cursor }) })
    times.push(...page.data.map(({ timestamp }) => timestamp))
    pages += 1
    if (!page.next_cursor) break
    cursor = page.next_cursor
  }
  expect(times).toEqual(bad.toReversed().map(({ time }) => formatTime(time)))
  expect(pages).toBeGreaterThan(2)
  await expect(listDatapoints({ db: site.db.db, clock }, { ...query, page: 2 })).rejects.toMatchObject({
    code: 'request.invalid',
    errors: [{ field: 'query.page', rule: expect.any(String) }],
  })
})

test('shows a bad datapoint without a value as 0, with its quality', async () => {
  await emptyHistorian()
  const event = await anEvent(site.db)
  await storeReadings(site.db, event, [{ time: START, value: null, quality: BAD }])
  expect((await list({})).data).toEqual([])
  expect((await list({ quality: 'bad' })).data).toEqual([
    expect.objectContaining({ value: 0, quality: ['bad', 'sensor_fault'], event_public_id: event.id }),
  ])
})

test.each([
  ['event=evt_000000000000', 'event.unknown', "Event 'evt_000000000000' not found."],
  ['experiment=nonsense', 'experiment.unknown', "Experiment 'nonsense' not found."],
])('answers 404 for %s', async (query, code, detail) => {
  const { body } = await site.api.get(`/api/v1/datapoints?${query}`, { as: 'viewer' })
  expect(body).toEqual(aProblem(code, { status: 404, detail }))
})

test.each([
  ['from=2026-11-02T00:00Z&to=2026-11-01T00:00Z', 'query.from'],
  ['from=2026-11-01T00:00Z&to=2026-11-01T00:00Z', 'query.from'],
  ['from=yesterday', 'query.from'],
  ['to=2026-13-01', 'query.to'],
  ['quality=perfect', 'query.quality'],
  ['cursor=evt_000000000000', 'query.cursor'],
  ['cursor=dp_000000000000_1', 'query.cursor'],
  ['cursor=', 'query.cursor'],
  ['page_size=101', 'query.page_size'],
])('refuses %s and names the field', async (query, field) => {
  const { status, body } = await site.api.get(`/api/v1/datapoints?${query}`, { as: 'viewer' })
  expect(status, JSON.stringify(body)).toBe(422)
  expect(body).toMatchObject({ code: 'request.invalid', errors: [{ field }] })
})

test('has an empty page where an experiment has not begun, and where a range lies outside of it', async () => {
  await emptyHistorian()
  const event = await anEvent(site.db)
  await storeReadings(site.db, event, [{ time: START, value: 1 }])
  const experiment = await anExperiment(START, START + HOUR)
  const outside = { experiment, from: formatTime(START + 2 * HOUR) }
  expect(await list(outside)).toMatchObject({ total: 0, data: [], next_cursor: null, total_is_estimate: false })
  expect((await list({ experiment })).data).toHaveLength(1)
})
