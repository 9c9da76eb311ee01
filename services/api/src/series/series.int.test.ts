import { tableFromIPC } from '@uwdata/flechette'
import {
  AGGREGATES,
  ARROW_STREAM,
  encodeQuality,
  formatTime,
  type Micros,
  newId,
  nowMicros,
  parseTime,
  type SeriesAnswer,
  type SeriesColumns,
  type SeriesQuery,
} from '@webmacs/contracts'
import { ensurePartitions, partitionsBetween } from '@webmacs/database'
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Answer, type ApiSite, aProblem, startApiSite } from '../testing/api-site.ts'
import { closeHours } from '../testing/close-hours.ts'
import { anEvent, type StoredReading, storeReadings, type TestEvent } from '../testing/stored-readings.ts'

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite()
})
afterAll(() => site[Symbol.asyncDispose]())
beforeEach(async () => {
  await sql`UPDATE historian_state SET closed_until = 'epoch', raw_from = 'epoch', minutes_from = 'epoch'`.execute(
    site.db.db,
  )
})

const SECOND: Micros = 1_000_000
const MINUTE: Micros = 60 * SECOND
const HOUR: Micros = 60 * MINUTE
const DAY: Micros = 24 * HOUR
const START: Micros = Date.parse('2026-03-01T00:00:00Z') * 1000
const BAD = encodeQuality(['bad', 'sensor_fault'])

type Query = { readonly from: Micros | string; readonly to: Micros | string } & Partial<
  Omit<SeriesQuery, 'from' | 'to'>
>

const isoOf = (time: Micros | string): string => (typeof time === 'string' ? time : formatTime(time))
const ask = (events: readonly string[], { from, to, ...more }: Query): Promise<Answer> =>
  site.api.request('POST', '/api/v1/series', {
    as: 'viewer',
    body: { event_public_ids: events, from: isoOf(from), to: isoOf(to), ...more },
  })
async function read(event: TestEvent, query: Query): Promise<SeriesAnswer> {
  const { status, body } = await ask([event.id], query)
  expect({ status, body }).toMatchObject({ status: 200 })
  return body
}
async function columnsOf(event: TestEvent, query: Query): Promise<SeriesColumns> {
  const { series } = await read(event, query)
  expect(series).toHaveLength(1)
  return series[0] as SeriesColumns // there is one
}

async function anEventWith(readings: readonly StoredReading[]): Promise<TestEvent> {
  const event = await anEvent(site.db)
  await storeReadings(site.db, event, readings)
  return event
}
const every = (interval: Micros, count: number, from = START): StoredReading[] =>
  Array.from({ length: count }, (_, index) => ({ time: from + index * interval, value: Math.sin(index) * 10 + index }))

const isShown = ({ value, quality = 0 }: StoredReading): boolean => value !== null && (quality & 3) !== 2

/** What the intervals of a range have to say, worked out of the readings themselves. */
function recomputed(readings: readonly StoredReading[], { from, to, resolution }: SeriesAnswer) {
  const width = Math.round(resolution * SECOND)
  const [start, end] = [parseTime(from) ?? 0, parseTime(to) ?? 0]
  const inRange = readings.filter((reading) => isShown(reading) && reading.time >= start && reading.time < end)
  const ascending = inRange.toSorted((one, other) => one.time - other.time)
  const intervals = [...Map.groupBy(ascending, ({ time }) => Math.floor(time / width) * width)]
  const told = (tell: (values: number[]) => number): number[] =>
    intervals.map(([, found]) => tell(found.map(({ value }) => value ?? 0)))
  return {
    time: intervals.map(([time]) => time),
    min: told((values) => Math.min(...values)),
    max: told((values) => Math.max(...values)),
    mean: told((values) => values.reduce((sum, value) => sum + value, 0) / values.length),
    first: told((values) => values[0] ?? 0),
    last: told((values) => values.at(-1) ?? 0),
    count: told((values) => values.length),
  }
}

function expectRecomputed(answer: SeriesAnswer, readings: readonly StoredReading[]): void {
  const { mean, ...exact } = recomputed(readings, answer)
  const [found] = answer.series
  expect(found).toMatchObject(exact)
  expect(found?.mean).toHaveLength(mean.length)
  for (const [place, value] of mean.entries()) expect(found?.mean?.[place]).toBeCloseTo(value, 9)
}

test('gives few readings as they were stored, and marks those that are not good', async () => {
  const readings = [...every(10 * MINUTE, 50), { time: START + 7 * DAY, value: null, quality: BAD }]
  const event = await anEventWith(readings)
  for (const query of [
    { from: START, to: START + 8 * DAY },
    { from: START, to: START + 400 * DAY },
  ]) {
    const answer = await read(event, { ...query, max_points: 100 })
    expect(answer).toEqual({
      from: formatTime(query.from),
      to: formatTime(query.to),
      resolution: 0,
      read_from: 0,
      series: [
        {
          event_public_id: event.id,
          time: readings.map(({ time }) => time),
          value: readings.map(({ value }) => value),
          quality: [...Array.from({ length: 50 }, () => 0), BAD],
        },
      ],
    })
  }
  const good = await columnsOf(event, { from: START + 1, to: START + 20 * MINUTE })
  expect(good).toEqual({ event_public_id: event.id, time: [START + 10 * MINUTE], value: [readings[1]?.value] })
})

test('says the same as the readings themselves, at any range and any number of points', async () => {
  const reading = fc.record({
    time: fc.oneof(
      fc.integer({ min: 0, max: 3 * DAY }),
      fc.integer({ min: 0, max: 300 }).map((second) => second * SECOND),
      fc.integer({ min: 0, max: 72 }).map((hour) => hour * HOUR),
    ),
    value: fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: -1e9, max: 1e9 }).map((value) => value / 1000) },
      { weight: 1, arbitrary: fc.constant(null) },
    ),
    quality: fc.constantFrom(0, 0, 0, encodeQuality(['uncertain', 'stale']), BAD),
  })
  const history = fc.uniqueArray(reading, { minLength: 150, maxLength: 400, selector: ({ time }) => time })
  const query = fc.record({
    from: fc.oneof(
      fc.integer({ min: -DAY, max: 3 * DAY }),
      fc.integer({ min: 0, max: 30 }).map((minutes) => minutes * MINUTE),
    ),
    span: fc.double({ min: 0, max: 12, noNaN: true }).map((power) => Math.floor(10 ** power)),
    max_points: fc.oneof(fc.integer({ min: 2, max: 20 }), fc.integer({ min: 2, max: 1000 })),
  })
  const property = fc.asyncProperty(
    history,
    fc.array(query, { minLength: 8, maxLength: 8 }),
    fc.integer({ min: 0, max: 72 }),
    async (made, queries, closedHours) => {
      const readings = made.map(({ time, ...rest }) => ({ time: START + time, ...rest }))
      const event = await anEventWith(readings)
      await closeHours(site.db, event, START + closedHours * HOUR)
      for (const { from: offset, span, max_points } of queries) {
        const from = START + offset
        const answer = await read(event, { from, to: from + span, max_points, aggregates: [...AGGREGATES] })
        const [columns] = answer.series
        expect(columns?.time.length).toBeLessThanOrEqual(max_points)
        if (answer.resolution > 0) expectRecomputed(answer, readings)
        else {
          const inside = readings.filter(({ time }) => time >= from && time < from + span)
          const ascending = inside.toSorted((one, other) => one.time - other.time)
          expect(columns).toMatchObject({
            time: ascending.map(({ time }) => time),
            value: ascending.map(({ value }) => value),
          })
        }
      }
    },
  )
  await fc.assert(property, { numRuns: 12 })
}, 120_000)

test('shows one sample of a hundred times the amplitude at every zoom from a year to a minute', async () => {
  const event = await anEvent(site.db)
  const year = START - 370 * DAY
  const spike = year + 200 * DAY + 7 * HOUR + 13 * MINUTE
  // One sample a minute; as rows those around the spike, which are all that is read one by one.
  const [from, to] = [spike - 10 * DAY, spike + 10 * DAY]
  await ensurePartitions(site.db.db, partitionsBetween(from, to))
  const signal = `CASE WHEN at = '${formatTime(spike)}' THEN 1000 ELSE 10 * sin(date_part('epoch', at) / 5000) END`
  await site.db.pool.query(
    `INSERT INTO datapoints (event_id, ts, value)
    SELECT $1, at, ${signal} FROM generate_series($2::timestamptz, $3::timestamptz, interval '1 minute') AS at`,
    [event.key, formatTime(from), formatTime(to)],
  )
  await site.db.pool.query(
    `INSERT INTO datapoint_rollups
    SELECT $1, 60, at, 1, value, value * value, value, at, value, at, value, at, value, at FROM (
      SELECT at, ${signal} AS value FROM generate_series($2::timestamptz, $3::timestamptz, interval '1 minute') AS at
    ) samples`,
    [event.key, formatTime(year), formatTime(year + 365 * DAY - MINUTE)],
  )
  await closeHours(site.db, event, year + 365 * DAY)
  const told = new Set<number>()
  for (let span = 365 * DAY; span >= MINUTE; span = Math.floor(span / 2.3)) {
    const from = Math.max(year, spike - Math.floor(span * 0.37))
    const { series, resolution, read_from } = await read(event, { from, to: from + span, max_points: 500 })
    told.add(read_from)
    const [columns] = series
    const highest = columns?.max ?? columns?.value ?? []
    const place = highest.indexOf(1000)
    const start = columns?.time[place] ?? 0
    expect([place >= 0, start <= spike, spike - start <= resolution * SECOND]).toEqual([true, true, true])
    expect(highest.filter((value) => (value ?? 0) > 10)).toEqual([1000])
  }
  expect([...told]).toEqual(expect.arrayContaining([86_400, 14_400, 3600, 600, 60, 0]))
}, 120_000)

test('leaves bad readings out of intervals, also where these are made of readings', async () => {
  const readings = every(100_000, 3000).map((reading, index) =>
    index % 7 === 0 ? { ...reading, value: 1e9, quality: BAD } : reading,
  )
  const event = await anEventWith(readings)
  for (const max_points of [400, 50, 3]) {
    const answer = await read(event, { from: START, to: START + 5 * MINUTE, max_points, aggregates: [...AGGREGATES] })
    expect(answer.read_from).toBe(max_points === 3 ? 60 : 0)
    expectRecomputed(answer, readings)
  }
})

test('has a mean of values whose squares are no numbers, and of the smallest ones there are', async () => {
  const event = await anEvent(site.db)
  await ensurePartitions(site.db.db, partitionsBetween(START, START + HOUR))
  await sql`
    INSERT INTO datapoints (event_id, ts, value) VALUES
      (${event.key}, ${formatTime(START)}, 1e200), (${event.key}, ${formatTime(START + SECOND)}, 2e200), (${event.key}, ${formatTime(START + 2 * SECOND)}, 0),
      (${event.key}, ${formatTime(START + 30 * SECOND)}, 5e-324), (${event.key}, ${formatTime(START + 31 * SECOND)}, 0)`.execute(
    site.db.db,
  )
  await sql`
    INSERT INTO datapoint_rollups
    SELECT event_id, 60, '2026-03-01T00:00:00Z', 5, sum(value), 0, 0, min(ts), 2e200, min(ts), 1e200, min(ts), 0, max(ts)
    FROM datapoints WHERE event_id = ${event.key} GROUP BY event_id`.execute(site.db.db)
  const { mean } = await columnsOf(event, { from: START, to: START + MINUTE, max_points: 4 })
  expect(mean).toEqual([1e200, 0])
})

test('has a mean of the largest values there are, and of those that only their difference makes small', async () => {
  const event = await anEvent(site.db)
  await ensurePartitions(site.db.db, partitionsBetween(START, START + HOUR))
  const largest = Number.MAX_VALUE
  const values = [largest, largest, largest, 1.7e308, -1.7e308, 3, 1e-300, -1e-300, 2e-308, 0.1, 0.2, 0.7]
  await sql`
    INSERT INTO datapoints (event_id, ts, value)
    SELECT ${event.key}, ${formatTime(START)}::timestamptz + (place - 1) * interval '1 second', value
    FROM unnest(${values}::float8[]) WITH ORDINALITY AS reading (value, place)`.execute(site.db.db)
  await sql`
    INSERT INTO datapoint_rollups
    SELECT ${event.key}, 60, '2026-03-01T00:00:00Z', 12, 8e307, 8e307, -1.7e308, min(ts), 1.7e308, min(ts), 1, min(ts), 1, max(ts)
    FROM datapoints WHERE event_id = ${event.key}`.execute(site.db.db)
  const { resolution, series } = await read(event, { from: START, to: START + 12 * SECOND, max_points: 4 })
  const mean = series[0]?.mean ?? []
  expect({ resolution, mean: mean.slice(0, 3) }).toEqual({
    resolution: 5,
    mean: [largest * 0.6, 3.1 / 5, (0.2 + 0.7) / 2],
  })
})

test('has a mean of minutes whose sums reached the largest that is stored', async () => {
  const event = await anEvent(site.db)
  await sql`
    INSERT INTO datapoint_rollups
    SELECT ${event.key}, 60, ${formatTime(START)}::timestamptz + place * interval '1 minute', 1, sum, 8e307, sum, ts, sum, ts, sum, ts, sum, ts
    FROM unnest('{8e307,8e307,8e307,8e307,-8e307,-8e307}'::float8[]) WITH ORDINALITY AS reading (sum, place),
      (SELECT ${formatTime(START)}::timestamptz AS ts) at`.execute(site.db.db)
  const { mean } = await columnsOf(event, { from: START, to: START + HOUR, max_points: 2 })
  expect(mean).toEqual([8e307 / 3])
})

test('leaves gaps as they are, and fills them when asked to', async () => {
  const event = await anEventWith([...every(10 * SECOND, 360), ...every(10 * SECOND, 360, START + 3 * HOUR)])
  const range = { from: START - 2 * HOUR, to: START + 6 * HOUR, max_points: 9, aggregates: ['count', 'last'] as const }
  const at = (fill: SeriesQuery['fill']) =>
    columnsOf(event, { ...range, aggregates: [...range.aggregates], fill }).then(({ time, count, last }) => ({
      hours: time.map((start) => (start - START) / HOUR),
      count,
      filled: last?.map((value) => value !== null),
    }))
  expect(await at('none')).toEqual({ hours: [0, 3], count: [360, 360], filled: [true, true] })
  expect(await at('null')).toEqual({
    hours: [-2, -1, 0, 1, 2, 3, 4, 5],
    count: [0, 0, 360, 0, 0, 360, 0, 0],
    filled: [false, false, true, false, false, true, false, false],
  })
  const between = { hours: [0, 1, 2, 3], count: [360, 0, 0, 360], filled: [true, true, true, true] }
  expect(await at('previous')).toEqual(between)
  expect(await at('linear')).toEqual(between)
})

test('counts the newest reading in an interval that is not over, and tells none that have not begun', async () => {
  const now = nowMicros()
  const event = await anEventWith(every(10 * SECOND, 1000, now - 10_000 * SECOND + SECOND))
  await closeHours(site.db, event, Math.floor(now / HOUR) * HOUR)
  const range = { from: now - DAY, to: now + DAY, max_points: 20, aggregates: [...AGGREGATES] }
  const { count, last } = await columnsOf(event, range)
  expect(count?.reduce<number>((sum, value) => sum + (value ?? 0), 0)).toBe(1000)
  expect(last?.at(-1)).toBe(every(10 * SECOND, 1000)[999]?.value)
  const filled = await columnsOf(event, { ...range, fill: 'null' })
  const latest = filled.time.at(-1) ?? 0
  expect(latest).toBeLessThanOrEqual(nowMicros())
  expect(latest).toBeGreaterThan(now - 5 * HOUR)
})

test('believes no coarse rollup of an hour that became stale', async () => {
  const readings = every(10 * SECOND, 8640)
  const event = await anEventWith(readings)
  await closeHours(site.db, event, START + DAY)
  // Late readings, as the writer stores them: their minute and the mark in one transaction.
  const late = { time: START + 5 * HOUR + 5 * SECOND, value: 5000 }
  await sql`INSERT INTO datapoints (event_id, ts, value) VALUES (${event.key}, ${formatTime(late.time)}, ${late.value})`.execute(
    site.db.db,
  )
  await sql`
    UPDATE datapoint_rollups SET count = count + 1, sum = sum + 5000, max = 5000, max_at = ${formatTime(late.time)}
    WHERE event_id = ${event.key} AND resolution = 60 AND bucket = ${formatTime(START + 5 * HOUR)}`.execute(site.db.db)
  await sql`INSERT INTO stale_rollups (event_id, hour) VALUES (${event.key}, ${formatTime(START + 5 * HOUR)})`.execute(
    site.db.db,
  )
  for (const max_points of [3, 9, 30, 150]) {
    const answer = await read(event, { from: START, to: START + DAY, max_points, aggregates: [...AGGREGATES] })
    expect(answer.resolution).toBeGreaterThanOrEqual(600)
    expectRecomputed(answer, [...readings, late])
  }
})

test('tells what retention has left: minutes where readings are gone, hours where these are gone too', async () => {
  const readings = every(10 * SECOND, 8640)
  const event = await anEventWith(readings)
  await closeHours(site.db, event, START + DAY)
  const { db } = site.db
  const close = { from: START + HOUR, to: START + HOUR + 5 * MINUTE, aggregates: [...AGGREGATES] }
  await sql`UPDATE historian_state SET raw_from = ${formatTime(START + 12 * HOUR)}`.execute(db)
  const minutes = await read(event, close)
  expect(minutes).toMatchObject({ resolution: 60, read_from: 60 })
  expectRecomputed(minutes, readings)
  expect(await read(event, { from: START + 13 * HOUR, to: START + 13 * HOUR + MINUTE })).toMatchObject({
    resolution: 0,
  })

  await sql`UPDATE historian_state SET minutes_from = ${formatTime(START + 12 * HOUR)}`.execute(db)
  await sql`
    DELETE FROM datapoint_rollups
    WHERE event_id = ${event.key} AND resolution < 3600 AND bucket < ${formatTime(START + 12 * HOUR)}`.execute(db)
  for (const range of [close, { ...close, to: START + 20 * HOUR }]) {
    const hours = await read(event, range)
    expect(hours).toMatchObject({ resolution: 3600, read_from: 3600 })
    expectRecomputed(hours, readings)
  }

  // The experiment that is kept still has what it measured.
  await sql`
    INSERT INTO experiments (public_id, name, started_on, stopped_on, keep)
    VALUES (${newId('exp')}, 'kept', ${formatTime(START)}, ${formatTime(START + 2 * HOUR)}, true)`.execute(db)
  await storeReadings(site.db, await anEvent(site.db), every(SECOND, 10))
  await sql`
    INSERT INTO datapoint_rollups
    SELECT event_id, 60, date_trunc('minute', ts) AS bucket, count(*), sum(value), sum(value * value), min(value), min(ts), max(value),
      min(ts), min(value), min(ts), max(value), max(ts)
    FROM datapoints WHERE event_id = ${event.key} AND ts < ${formatTime(START + 2 * HOUR)} GROUP BY event_id, bucket`.execute(
    db,
  )
  const kept = await read(event, close)
  expect(kept).toMatchObject({ resolution: 0, read_from: 0 })
  expect(kept.series[0]?.time).toHaveLength(30)
})

test('shows what is left of an experiment that was marked only when retention had passed it', async () => {
  const readings = every(10 * SECOND, 8640)
  const [event, silent] = [await anEventWith(readings), await anEvent(site.db)]
  await closeHours(site.db, event, START + DAY)
  const { db } = site.db
  await sql`UPDATE historian_state SET raw_from = ${formatTime(START + 12 * HOUR)}`.execute(db)
  await sql`DELETE FROM datapoints WHERE event_id = ${event.key} AND ts < ${formatTime(START + 6 * HOUR)}`.execute(db)
  await sql`DELETE FROM experiments`.execute(db) // one of another test would be in its place
  await sql`
    INSERT INTO experiments (public_id, name, started_on, stopped_on, keep)
    VALUES (${newId('exp')}, 'marked late', ${formatTime(START)}, ${formatTime(START + 20 * HOUR)}, true)`.execute(db)
  const close = (hour: number) => ({ from: START + hour * HOUR, to: START + hour * HOUR + 10 * MINUTE })
  const gone = { ...close(3), aggregates: [...AGGREGATES] }
  const minutes = await read(event, gone)
  expect(minutes).toMatchObject({ resolution: 60, read_from: 60 })
  expectRecomputed(minutes, readings)
  // What it was in time for is shown as it was stored, beside an event that measured nothing too.
  const { body } = await ask([event.id, silent.id], close(7))
  expect(body.resolution).toBe(0)
  expect(body.series[0].time).toHaveLength(60)

  await sql`UPDATE historian_state SET minutes_from = ${formatTime(START + 12 * HOUR)}`.execute(db)
  expect(await read(event, gone)).toMatchObject({ resolution: 60, read_from: 60 }) // spared, unlike the datapoints
  await sql`
    DELETE FROM datapoint_rollups WHERE event_id = ${event.key} AND resolution < 3600 AND bucket < ${formatTime(START + 6 * HOUR)}`.execute(
    db,
  )
  for (const range of [gone, { ...gone, to: START + 15 * HOUR }]) {
    const hours = await read(event, range)
    expect(hours).toMatchObject({ resolution: 3600, read_from: 3600 })
    expectRecomputed(hours, readings)
  }
})

test('answers several events in the order of asking, retired ones too, with one resolution', async () => {
  const many = await anEventWith(every(SECOND, 7200))
  const few = await anEventWith(every(HOUR, 2))
  const none = await anEvent(site.db)
  await sql`UPDATE events SET retired_on = now() WHERE id = ${few.key}`.execute(site.db.db)
  const { body } = await ask([none.id, many.id, few.id], { from: START, to: START + 2 * HOUR, max_points: 130 })
  const { series, ...answer }: SeriesAnswer = body
  expect(answer).toMatchObject({ resolution: 60, read_from: 60 })
  expect(series.map(({ event_public_id, time }) => [event_public_id, time.length])).toEqual([
    [none.id, 0],
    [many.id, 120],
    [few.id, 2],
  ])
})

test.each([
  { form: 'intervals', max_points: 40, fill: 'null' as const },
  { form: 'readings', max_points: 1000, fill: 'none' as const },
])('gives the same $form as an Arrow stream', async ({ max_points, fill }) => {
  const one = await anEventWith(every(10 * SECOND, 200))
  const other = await anEventWith([...every(30 * SECOND, 30), { time: START + 1234567, value: null, quality: BAD }])
  const query = { from: START - HOUR, to: START + HOUR, max_points, fill, aggregates: [...AGGREGATES] }
  const { body }: { readonly body: SeriesAnswer } = await ask([one.id, other.id], query)
  const response = await fetch(`${site.api.url}/api/v1/series`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${site.users.viewer.token}`,
      'content-type': 'application/json',
      accept: `${ARROW_STREAM}, application/json;q=0.5`,
    },
    body: JSON.stringify({
      ...query,
      event_public_ids: [one.id, other.id],
      from: isoOf(query.from),
      to: isoOf(query.to),
    }),
  })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe(ARROW_STREAM)
  const table = tableFromIPC(await response.arrayBuffer(), { useBigInt: true })
  const { resolution, read_from, units } = Object.fromEntries(table.schema.metadata ?? [])
  expect({ resolution, read_from, units: JSON.parse(units ?? '') }).toEqual({
    resolution: String(body.resolution),
    read_from: String(body.read_from),
    units: { [one.id]: '°C', [other.id]: '°C' },
  })
  expect(table.schema.fields[1]?.type).toMatchObject({ timezone: 'UTC', unit: 2 })
  const columns = table.toColumns()
  const joined = (name: Exclude<keyof SeriesColumns, 'event_public_id'>) =>
    body.series.flatMap((found) => [...(found[name] ?? [])])
  expect([...(columns.event ?? [])]).toEqual(
    body.series.flatMap(({ event_public_id, time }) => time.map(() => event_public_id)),
  )
  const names = body.resolution === 0 ? (['value'] as const) : AGGREGATES
  for (const name of names) expect([...(columns[name] ?? [])]).toEqual(joined(name))
  expect(columns.quality === undefined ? undefined : [...columns.quality].filter((bits) => bits !== 0)).toEqual(
    body.resolution === 0 ? [BAD] : undefined,
  )
  expect(timesOf(table.getChild('time').data)).toEqual(joined('time'))
})

/** The stored microseconds: the reader's own conversion would cut them to milliseconds. */
const timesOf = (batches: readonly { readonly values?: unknown }[]): number[] =>
  batches.flatMap(({ values }) => (values instanceof BigInt64Array ? [...values].map(Number) : []))

test.each([
  { wrong: 'a start that is no moment', body: { from: 'yesterday' }, field: 'body.from' },
  { wrong: 'an end that is no moment', body: { to: '2026-02-30' }, field: 'body.to' },
  { wrong: 'an end before the start', body: { to: '2026-02-01' }, field: 'body.to' },
  { wrong: 'an empty range', body: { to: '2026-03-01' }, field: 'body.to' },
  { wrong: 'the year 1', body: { from: '0001-01-01' }, field: 'body.from' },
  { wrong: 'the year 9999', body: { to: '9999-12-31' }, field: 'body.to' },
  { wrong: 'one point', body: { max_points: 1 }, field: 'body.max_points' },
  { wrong: 'an aggregate that is none', body: { aggregates: ['median'] }, field: 'body.aggregates' },
  { wrong: 'no aggregate', body: { aggregates: [] }, field: 'body.aggregates' },
  { wrong: 'a fill that is none', body: { fill: 'spline' }, field: 'body.fill' },
  { wrong: 'no event', body: { event_public_ids: [] }, field: 'body.event_public_ids' },
  { wrong: 'an event twice', body: { event_public_ids: ['evt_1', 'evt_1'] }, field: 'body.event_public_ids' },
  {
    wrong: 'too much at once',
    body: { event_public_ids: Array.from({ length: 100 }, (_, index) => `evt_${index}`), max_points: 2001 },
    field: 'body.max_points',
  },
])('refuses $wrong', async ({ body, field }) => {
  const whole = { event_public_ids: ['evt_1'], from: '2026-03-01', to: '2026-03-02', ...body }
  const answer = await site.api.request('POST', '/api/v1/series', { as: 'viewer', body: whole })
  expect(answer).toMatchObject({ status: 422, body: aProblem('request.invalid') })
  expect(answer.body.errors[0].field).toMatch(new RegExp(`^${field.replaceAll('.', '\\.')}`))
})

test('names the events that never were', async () => {
  const event = await anEvent(site.db)
  const unknown = newId('evt')
  const { status, body } = await ask([event.id, unknown, 'nonsense'], { from: START, to: START + DAY })
  expect(status).toBe(404)
  expect(body).toEqual(aProblem('event.unknown', { status: 404, detail: `Events '${unknown}', 'nonsense' not found.` }))
})
