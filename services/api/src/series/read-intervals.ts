import type { Aggregate, Micros } from '@webmacs/contracts'
import { binned, moment, type RollupLevel, rollupRows, type Tables } from '@webmacs/database'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { isShown } from '../datapoints/datapoint-answer.ts'
import { momentsOf, numbersOf, parseMoments, parseValues } from './column-bytes.ts'
import type { Range, SeriesEvent } from './series-events.ts'
import { SECOND } from './widths.ts'

/** Intervals that have readings, ascending; bad readings are not in them. */
export interface IntervalColumns {
  /** Start of each. */
  readonly time: readonly Micros[]
  readonly aggregates: ReadonlyMap<Aggregate, readonly (number | null)[]>
  /** Readings in all of them. */
  readonly readings: number
}

export interface IntervalQuery {
  readonly events: readonly Pick<SeriesEvent, 'id'>[]
  /** Whole intervals. */
  readonly range: Range
  readonly width: Micros
  /** What they are made of: 0 readings, otherwise rollups of that many seconds. */
  readonly level: RollupLevel | 0
  readonly aggregates: readonly Aggregate[]
}

/** Powers of two scale without rounding. */
const SMALLER = `'${2 ** -60}'::float8`
const BACK = `'${2 ** 60}'::float8`
const LARGEST = `'${Number.MAX_VALUE * 2 ** -60}'::float8`
/** No sensor tells them from 0, and scaled they would not be exact any more. */
const TOO_SMALL = `'1e-270'::float8`

/**
 * PostgreSQL refuses results that are too large to be a number, and those that only 0 comes near: `avg` fails on the square of a value, a sum
 * on two values near the largest double. Scaled down, as many as ever are stored can be added; a mean that rounding put beyond the largest
 * number is that number.
 */
const meanOf = (value: string, count: string): string => `
  least(greatest(sum(CASE WHEN abs(${value}) < ${TOO_SMALL} THEN 0 ELSE ${value} * ${SMALLER} END) / ${count}, -${LARGEST}), ${LARGEST})
    * ${BACK}`

/** What stands for an interval is worked out of rollups, or of readings. Counts are added as floats: sums of `int8` are slow `numeric`. */
const OF_ROLLUPS: Readonly<Record<Aggregate, string>> = {
  min: 'min(min)',
  max: 'max(max)',
  mean: meanOf('sum', 'sum(count::float8)'),
  first: '(array_agg(first ORDER BY at))[1]',
  last: '(array_agg(last ORDER BY at DESC))[1]',
  count: 'sum(count::float8)',
}
const OF_READINGS: Readonly<Record<Aggregate, string>> = {
  min: 'min(value)',
  max: 'max(value)',
  mean: meanOf('value', 'count(*)'),
  first: '(array_agg(value ORDER BY at))[1]',
  last: '(array_agg(value ORDER BY at DESC))[1]',
  count: 'count(*)',
}

/**
 * Reads all events in one statement, a row for each, and works out only what was asked for.
 * @returns by key of the event
 */
export async function readIntervals(
  db: Kysely<Tables>,
  query: IntervalQuery,
): Promise<ReadonlyMap<number, IntervalColumns>> {
  const { aggregates } = query
  const { rows } = await intervalStatement(query).execute(db)
  return new Map(
    rows.map(({ id, times, readings, ...columns }) => [
      id,
      {
        time: parseMoments(times),
        aggregates: new Map(aggregates.map((aggregate) => [aggregate, parseValues(columns[aggregate] ?? NO_BYTES)])),
        readings,
      },
    ]),
  )
}

const NO_BYTES = Buffer.alloc(0)

type IntervalRow = { readonly id: number; readonly times: Buffer; readonly readings: number } & {
  readonly [A in Aggregate]?: Buffer
}

/** One index scan for each event and kind of row, so that a row for each event comes out in order of time without sorting. */
export function intervalStatement({ events, range, width, level, aggregates }: IntervalQuery): RawBuilder<IntervalRow> {
  const made = level === 0 ? OF_READINGS : OF_ROLLUPS
  const asked = aggregates.map((aggregate) => sql`, ${sql.raw(made[aggregate])} AS ${sql.ref(aggregate)}`)
  const columns = aggregates.map((aggregate) => sql`, ${numbersOf(sql.ref(aggregate))} AS ${sql.ref(aggregate)}`)
  const none = sql``
  return sql<IntervalRow>`
    SELECT id, found.* FROM unnest(${events.map(({ id }) => id)}::int4[]) AS wanted (id) CROSS JOIN LATERAL (
      SELECT ${momentsOf(sql.ref('start'))} AS times, coalesce(sum(in_it), 0) AS readings${sql.join(columns, none)}
      FROM (
        SELECT ${binned(width / SECOND, sql.ref('at'))} AS start, ${sql.raw(made.count)} AS in_it${sql.join(asked, none)}
        FROM (${level === 0 ? readingRows(range) : rollupsOf(range, level)}) source
        GROUP BY start ORDER BY start
      ) intervals
    ) found`
}

const readingRows = ({ from, to }: Range): RawBuilder<unknown> => sql`
  SELECT ts AS at, value FROM datapoints
  WHERE event_id = wanted.id AND ts >= ${moment(from)} AND ts < ${moment(to)} AND ${isShown('datapoints')}`

const rollupsOf = (range: Range, level: RollupLevel): RawBuilder<unknown> =>
  sql`SELECT bucket AS at, count, sum, min, max, first, last FROM (${rollupRows({ events: sql`ARRAY[wanted.id]`, level, ...range })}) rollups`
