import { GOOD, type Micros } from '@webmacs/contracts'
import { moment, type Tables } from '@webmacs/database'
import { type Kysely, sql } from 'kysely'
import { isShown } from '../datapoints/datapoint-answer.ts'
import { momentsOf, numbersOf, parseMoments, parseNumbers, parseValues } from './column-bytes.ts'
import type { Range, SeriesEvent } from './series-events.ts'

/** Readings as they were stored, the bad ones too. */
export interface ReadingColumns {
  readonly time: readonly Micros[]
  readonly value: readonly (number | null)[]
  /** Stored bits of each. */
  readonly quality: readonly number[]
}

export interface ReadingLimits {
  /** Readings of one event. */
  readonly most: number
  /** Leaves bad readings out. */
  readonly isShown?: boolean
}

/**
 * Every reading of the events in a range, in one statement.
 * @returns by key of the event; undefined when one of them has more
 */
export async function readReadings(
  db: Kysely<Tables>,
  events: readonly Pick<SeriesEvent, 'id'>[],
  { from, to }: Range,
  limits: ReadingLimits,
): Promise<ReadonlyMap<number, ReadingColumns> | undefined> {
  const { most } = limits
  const shown = limits.isShown ? sql`AND ${isShown('datapoints')}` : sql``
  const { rows } = await sql<{ id: number; times: Buffer; values: Buffer; qualities: Buffer }>`
    SELECT id, found.* FROM unnest(${events.map(({ id }) => id)}::int4[]) AS wanted (id) CROSS JOIN LATERAL (
      SELECT ${momentsOf(sql.ref('ts'))} AS times, ${numbersOf(sql.ref('value'))} AS values,
        ${numbersOf(sql.ref('quality'))} AS qualities
      FROM (
        SELECT ts, value, quality FROM datapoints
        WHERE event_id = id AND ts >= ${moment(from)} AND ts < ${moment(to)} ${shown} ORDER BY ts LIMIT ${most + 1}
      ) readings
    ) found
  `.execute(db)
  const columns = rows.map(({ id, times, values, qualities }): [number, ReadingColumns] => [
    id,
    { time: parseMoments(times), value: parseValues(values), quality: parseNumbers(qualities) },
  ])
  return columns.some(([, { time }]) => time.length > most) ? undefined : new Map(columns)
}

export const hasOnlyGood = (quality: readonly number[]): boolean => quality.every((bits) => bits === GOOD)
