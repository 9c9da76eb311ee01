import { GOOD, type Micros, type QualityBits } from '@webmacs/contracts'
import { moment, ROLLUP_LEVELS, type RollupLevel, rollupRows, type Tables } from '@webmacs/database'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { isShown } from '../datapoints/datapoint-answer.ts'
import { momentsOf, numbersOf, parseMoments, parseNumbers } from './column-bytes.ts'
import type { Range } from './series-events.ts'
import { MINUTE, SECOND } from './widths.ts'

export interface RecentPoint {
  readonly ts: Micros
  readonly value: number
  readonly quality: QualityBits
}

export interface Extremes {
  /** Readings that may be shown, in the range. */
  readonly readings: number
  /** Lowest and highest of each stretch, in no order, some of them twice. */
  readonly points: readonly RecentPoint[]
}

interface ExtremesRow {
  readonly id: number
  readonly readings: number
  readonly lows: Buffer
  readonly low_times: Buffer
  readonly highs: Buffer
  readonly high_times: Buffer
  readonly qualities: Buffer
}

/**
 * Lowest and highest readings of events with their own times, from rollups of a level; what lies before the first of them, from minutes,
 * and the part of a minute before these as it was stored. Of rollups, the quality is not known and counts as good: bad readings are not in them.
 */
export async function readExtremes(
  db: Kysely<Tables>,
  events: readonly { readonly id: number }[],
  { from, to }: Range,
  level: RollupLevel,
): Promise<ReadonlyMap<number, Extremes>> {
  const ids = sql`ARRAY[wanted.id]`
  const [finest] = ROLLUP_LEVELS
  const firstMinute = Math.ceil(from / MINUTE) * MINUTE
  const firstWhole = Math.ceil(from / (level * SECOND)) * level * SECOND
  const end = Math.ceil(to / (level * SECOND)) * level * SECOND
  const rollups = (range: RawBuilder<unknown>): RawBuilder<unknown> =>
    sql`SELECT count, min, min_at, max, max_at, ${sql.lit(GOOD)} AS quality FROM (${range}) rollups`
  const { rows } = await sql<ExtremesRow>`
    SELECT id, found.* FROM unnest(${events.map(({ id }) => id)}::int4[]) AS wanted (id) CROSS JOIN LATERAL (
      SELECT coalesce(sum(count::float8), 0) AS readings, ${numbersOf(sql.ref('min'))} AS lows,
        ${momentsOf(sql.ref('min_at'))} AS low_times, ${numbersOf(sql.ref('max'))} AS highs,
        ${momentsOf(sql.ref('max_at'))} AS high_times, ${numbersOf(sql.ref('quality'))} AS qualities
      FROM (
        SELECT 1 AS count, value AS min, ts AS min_at, value AS max, ts AS max_at, quality FROM datapoints
        WHERE event_id = wanted.id AND ts >= ${moment(from)} AND ts < ${moment(firstMinute)} AND ${isShown('datapoints')}
        UNION ALL ${rollups(rollupRows({ events: ids, level: finest, from: firstMinute, to: firstWhole }))}
        UNION ALL ${rollups(rollupRows({ events: ids, level, from: firstWhole, to: end }))}
      ) source
    ) found
  `.execute(db)
  return new Map(rows.map((row) => [row.id, extremesOf(row)]))
}

function extremesOf({ readings, lows, low_times, highs, high_times, qualities }: ExtremesRow): Extremes {
  const quality = parseNumbers(qualities)
  const pointsOf = (values: Buffer, times: Buffer): RecentPoint[] => {
    const moments = parseMoments(times)
    return parseNumbers(values).map((value, place) => ({
      ts: moments[place] as Micros, // the columns are of one length
      value,
      quality: quality[place] ?? GOOD,
    }))
  }
  return { readings, points: [...pointsOf(lows, low_times), ...pointsOf(highs, high_times)] }
}
