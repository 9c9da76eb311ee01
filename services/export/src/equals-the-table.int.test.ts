import { datapointId, formatTime, type Micros, parseTime } from '@webmacs/contracts'
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type ExportSite, startExportSite } from './testing/export-site.ts'
import { anEvent, makeRollups, store, type TestEvent, type TestReading } from './testing/measured-data.ts'

let site: ExportSite
let events: TestEvent[]
beforeAll(async () => {
  site = await startExportSite()
  events = await Promise.all(['one', 'two', 'three'].map((name) => anEvent(site.db, { name })))
})
afterAll(() => site[Symbol.asyncDispose]())

/** Each fills the tables anew. */
const RUNS = 15
vi.setConfig({ testTimeout: 180_000 })

const START = parseTime('2026-10-30T22:00:00Z') ?? 0
const SECOND = 1_000_000
const DAY_S = 86_400

/** Readings in bursts and with long silences, several at one moment, some bad, some without a value. */
const someReadings: fc.Arbitrary<TestReading[]> = fc
  .uniqueArray(
    fc.record({
      position: fc.nat(2),
      time: fc.oneof(
        fc.nat(40).map((tick) => tick * 250_000),
        fc.nat(4 * DAY_S).map((second) => second * SECOND + 123_456),
        fc.nat(90).map((minute) => minute * 60 * SECOND),
      ),
      value: fc.oneof(
        fc.double({ noNaN: true, min: -1e150, max: 1e150 }).map((value) => value + 0),
        fc.integer({ min: -50, max: 50 }),
      ),
      kind: fc.constantFrom('good', 'good', 'good', 'uncertain', 'bad', 'nothing'),
    }),
    { minLength: 1, maxLength: 150, selector: ({ position, time }) => `${position} ${time}` },
  )
  .map((drawn) =>
    drawn.map(
      ({ position, time, value, kind }): TestReading => ({
        event: events[position] as TestEvent, // there are three
        time: START + time,
        value: kind === 'nothing' ? null : value,
        quality: kind === 'bad' || kind === 'nothing' ? 2 : kind === 'uncertain' ? 1 : 0,
      }),
    ),
  )

const someRange = fc
  .tuple(fc.nat(5 * DAY_S), fc.integer({ min: 1, max: 5 * DAY_S }), fc.nat(SECOND - 1))
  .map(([begin, length, micros]) => ({
    from: START - DAY_S * SECOND + begin * SECOND + micros,
    to: START - DAY_S * SECOND + (begin + length) * SECOND + micros,
  }))

type Row = Record<string, string | number | null>

async function exported(query: Record<string, string>): Promise<{ rows: Row[]; expected: string | null }> {
  const response = await site.get(`/export?${new URLSearchParams({ format: 'jsonl', ...query })}`)
  const text = await response.text()
  expect(response.status, text).toBe(200)
  const rows = text.split('\n').filter(Boolean)
  return { rows: rows.map((line) => JSON.parse(line)), expected: response.headers.get('x-expected-rows') }
}

const asked = ({ from, to }: { from: Micros; to: Micros }): Record<string, string> => ({
  from: formatTime(from),
  to: formatTime(to),
})

const sixDigits = (time: Micros): string =>
  `${formatTime(time).slice(0, 19)}.${String(((time % SECOND) + SECOND) % SECOND).padStart(6, '0')}Z`
const isShown = ({ value, quality = 0 }: TestReading): boolean => value !== null && (quality & 3) !== 2
const byTime = (one: TestReading, other: TestReading): number =>
  one.time - other.time || one.event.key - other.event.key

async function holding(readings: readonly TestReading[]): Promise<void> {
  await sql`DELETE FROM datapoints`.execute(site.db.db)
  await store(site.db, readings)
}

const within = (readings: readonly TestReading[], { from, to }: { from: Micros; to: Micros }): TestReading[] =>
  readings.filter(({ time }) => time >= from && time < to).toSorted(byTime)

test('tells each reading of a range, in order, once, and how many there are beforehand', async () => {
  await fc.assert(
    fc.asyncProperty(someReadings, someRange, async (readings, range) => {
      await holding(readings)
      const shown = within(readings, range).filter(isShown)
      const { rows, expected } = await exported(asked(range))
      expect(rows).toEqual(
        shown.map(({ event, time, value }) => ({
          timestamp: sixDigits(time),
          event_name: event.name,
          event_public_id: event.id,
          value,
          unit: event.unit,
          datapoint_public_id: datapointId({ event: event.id, time }),
        })),
      )
      expect(expected).toBe(String(shown.length))
      const all = await exported({ ...asked(range), include_bad: 'true' })
      expect(
        all.rows.map(({ timestamp, event_name, value, quality }) => [timestamp, event_name, value, quality]),
      ).toEqual(
        within(readings, range).map(({ event, time, value, quality }) => [sixDigits(time), event.name, value, quality]),
      )
    }),
    { numRuns: RUNS },
  )
})

const INTERVALS = { '1s': 1, '10s': 10, '1min': 60, '10min': 600, '1h': 3600, '1d': DAY_S } as const
type Interval = keyof typeof INTERVALS
const someInterval = fc.constantFrom(...(Object.keys(INTERVALS) as Interval[]))

const startOf = (time: Micros, interval: Interval): Micros =>
  Math.floor(time / (INTERVALS[interval] * SECOND)) * INTERVALS[interval] * SECOND
const valueIn = ({ value }: TestReading): number => value ?? Number.NaN
/** Sums in another order differ in their last digits. */
const near = (value: number) => expect.closeTo(value, 6)

/** Small values: sums of the largest doubles are infinite, here and there. */
const tame = (readings: readonly TestReading[]): TestReading[] =>
  readings.map((reading) => ({
    ...reading,
    value: reading.value === null ? null : Math.trunc(reading.value % 1000) / 8 + 0,
  }))

test('summarises intervals as a recomputation from the readings does', async () => {
  await fc.assert(
    fc.asyncProperty(someReadings, someRange, someInterval, async (drawn, range, every) => {
      const readings = tame(drawn)
      await holding(readings)
      const groups = Map.groupBy(
        within(readings, range).filter(isShown),
        ({ event, time }) => `${startOf(time, every)} ${event.key}`,
      )
      const { rows } = await exported({ ...asked(range), every })
      const expected = [...groups.values()]
        .map((group) => {
          const values = group.map(valueIn)
          const [{ event, time }] = group as [TestReading]
          return { event, time: startOf(time, every), values }
        })
        .toSorted((one, other) => one.time - other.time || one.event.key - other.event.key)
        .map(({ event, time, values }) => ({
          timestamp: sixDigits(time),
          event_name: event.name,
          event_public_id: event.id,
          unit: event.unit,
          count: values.length,
          min: Math.min(...values),
          mean: near(values.reduce((sum, value) => sum + value, 0) / values.length),
          max: Math.max(...values),
          first: values[0],
          last: values.at(-1),
        }))
      expect(rows).toEqual(expected)
    }),
    { numRuns: RUNS },
  )
})

const cellOf = {
  last: (values: number[]) => values.at(-1),
  min: (values: number[]) => Math.min(...values),
  max: (values: number[]) => Math.max(...values),
  mean: (values: number[]) => near(values.reduce((sum, value) => sum + value, 0) / values.length),
} as const

test('puts the intervals of all events side by side', async () => {
  await fc.assert(
    fc.asyncProperty(
      someReadings,
      someRange,
      someInterval,
      fc.constantFrom('last', 'mean', 'min', 'max'),
      async (drawn, range, every, method) => {
        const readings = tame(drawn)
        await holding(readings)
        const shown = within(readings, range).filter(isShown)
        const { rows } = await exported({ ...asked(range), shape: 'wide', every, method })
        const present = events.filter(({ key }) => shown.some(({ event }) => event.key === key))
        const times = [...Map.groupBy(shown, ({ time }) => startOf(time, every))].toSorted(
          ([one], [other]) => one - other,
        )
        expect(rows).toEqual(
          times.map(([time, group]) => ({
            timestamp: sixDigits(time),
            ...Object.fromEntries(
              present.map(({ key, name, unit }) => {
                const values = group.filter(({ event }) => event.key === key).map(valueIn)
                return [`${name} [${unit}]`, values.length === 0 ? null : cellOf[method](values)]
              }),
            ),
          })),
        )
      },
    ),
    { numRuns: RUNS },
  )
})

test('puts readings of one moment side by side', async () => {
  await fc.assert(
    fc.asyncProperty(someReadings, someRange, async (readings, range) => {
      await holding(readings)
      const shown = within(readings, range).filter(isShown)
      const { rows } = await exported({ ...asked(range), shape: 'wide' })
      const present = events.filter(({ key }) => shown.some(({ event }) => event.key === key))
      expect(rows).toEqual(
        [...Map.groupBy(shown, ({ time }) => time)].map(([time, group]) => ({
          timestamp: sixDigits(time),
          ...Object.fromEntries(
            present.map(({ key, name, unit }) => [
              `${name} [${unit}]`,
              group.find(({ event }) => event.key === key)?.value ?? null,
            ]),
          ),
        })),
      )
    }),
    { numRuns: RUNS },
  )
})

/** The value on the line between the readings around a moment; null where there is none on one side. */
function interpolated(readings: readonly TestReading[], time: Micros): number | null {
  const before = readings.findLast((reading) => reading.time < time)
  const after = readings.find((reading) => reading.time >= time)
  if (after?.time === time) return valueIn(after)
  if (before === undefined || after === undefined) return null
  return valueIn(before) + ((valueIn(after) - valueIn(before)) * (time - before.time)) / (after.time - before.time)
}

test('draws lines between readings, and none beyond them', async () => {
  const everyFew = fc.constantFrom('1min', '10min', '1h', '1d') satisfies fc.Arbitrary<Interval>
  await fc.assert(
    fc.asyncProperty(someReadings, someRange, everyFew, async (drawn, range, every) => {
      const readings = tame(drawn)
      await holding(readings)
      const { rows } = await exported({
        ...asked(range),
        shape: 'wide',
        every,
        method: 'linear',
        event: events[0]?.id ?? '',
      })
      const line = readings.filter((reading) => isShown(reading) && reading.event === events[0]).toSorted(byTime)
      const expected: Row[] = []
      const step = INTERVALS[every] * SECOND
      for (let time = Math.ceil(range.from / step) * step; time < range.to; time += step) {
        const value = interpolated(line, time)
        if (value !== null) expected.push({ timestamp: sixDigits(time), 'one [°C]': expect.closeTo(value, 6) })
      }
      expect(rows).toEqual(expected)
    }),
    { numRuns: RUNS },
  )
  await makeRollups(site.db)
})
