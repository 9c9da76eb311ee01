import type { Micros } from '@webmacs/contracts'
import type pg from 'pg'
import { ROLLUP_SECONDS, type Rollup, SATURATION } from '../commit/rollup.ts'
import type { KeyedRollup } from '../commit/rollup-accumulator.ts'
import { boundedSum } from './bounded-sum.ts'

const moment = (parameter: string): string => `timestamptz 'epoch' + ${parameter}::int8 * interval '1 microsecond'`
const micros = (column: string): string => `(extract(epoch FROM ${column}) * 1000000)::int8`

/** Below it a square is no double any more, which the database refuses. */
const SMALLEST_ROOT = 1e-161
const SQUARE = `CASE WHEN abs(value) >= ${Math.sqrt(SATURATION)} THEN ${SATURATION} WHEN abs(value) < ${SMALLEST_ROOT} THEN 0 ELSE value * value END`

/** The same as adding each reading with `addReading`. */
const READ = `
  SELECT event_id AS event, ${micros('bucket')} AS bucket, count(*)::int8 AS count,
    ${boundedSum('value')} AS sum, ${boundedSum('square')} AS "sumSq",
    min(value) AS min, ${micros('(array_agg(ts ORDER BY value, ts))[1]')} AS "minAt",
    max(value) AS max, ${micros('(array_agg(ts ORDER BY value DESC, ts))[1]')} AS "maxAt",
    (array_agg(value ORDER BY ts))[1] AS first, ${micros('min(ts)')} AS "firstAt",
    (array_agg(value ORDER BY ts DESC))[1] AS last, ${micros('max(ts)')} AS "lastAt"
  FROM (
    SELECT event_id, ts, value, date_bin('${ROLLUP_SECONDS} seconds', ts, timestamptz 'epoch') AS bucket, ${SQUARE} AS square FROM datapoints
    WHERE event_id = ANY($1::int[]) AND ts >= ${moment('$2')} AND ts < ${moment('$3')} AND value IS NOT NULL AND quality & 3 <> 2
  ) shown
  GROUP BY event_id, shown.bucket ORDER BY event_id, shown.bucket`

/**
 * What the stored rows of some events give, per minute and in order of the key. Added up by the database: a minute of all events may hold more
 * rows than fit into our memory.
 * @param from start of a minute, as `to` is
 */
export async function readMinutes(
  client: Pick<pg.ClientBase, 'query'>,
  { events, from, to }: { readonly events: readonly number[]; readonly from: Micros; readonly to: Micros },
): Promise<KeyedRollup[]> {
  const { rows } = await client.query<Rollup & { event: number; bucket: Micros }>(READ, [events, from, to])
  return rows.map(({ event, bucket, ...rollup }) => ({ event, bucket, rollup }))
}
