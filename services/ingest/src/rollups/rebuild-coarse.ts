import type { Micros } from '@webmacs/contracts'
import { ROLLUP_LEVELS, type RollupLevel } from '@webmacs/database'
import type pg from 'pg'
import { boundedSum } from './bounded-sum.ts'
import { type EventHour, HOUR } from './mark-stale.ts'

const VALUES = ['count', 'sum', 'sum_sq', 'min', 'min_at', 'max', 'max_at', 'first', 'first_at', 'last', 'last_at']
const ROW = (table: string): string => `(${VALUES.map((column) => `${table}.${column}`).join(', ')})`

/**
 * The merge of `mergeRollups`, over rows of the level before. In place, and only where something changed: most buckets of a day that is made
 * anew are as they were. A bucket that has no rows any more goes.
 */
const rebuild = (level: RollupLevel, finer: RollupLevel, width: number): string => `
  WITH span AS (
    SELECT event_id, timestamptz 'epoch' + start * interval '1 microsecond' AS start,
      timestamptz 'epoch' + start * interval '1 microsecond' + interval '${width} seconds' AS stop
    FROM unnest($1::int[], $2::int8[]) AS wanted (event_id, start)
  ), fresh AS MATERIALIZED (
    SELECT span.event_id, date_bin('${level} seconds', finer.bucket, timestamptz 'epoch') AS bucket,
      sum(finer.count)::int8 AS count, ${boundedSum('finer.sum')} AS sum, ${boundedSum('finer.sum_sq')} AS sum_sq,
      min(finer.min) AS min, (array_agg(finer.min_at ORDER BY finer.min, finer.min_at))[1] AS min_at,
      max(finer.max) AS max, (array_agg(finer.max_at ORDER BY finer.max DESC, finer.max_at))[1] AS max_at,
      (array_agg(finer.first ORDER BY finer.first_at))[1] AS first, min(finer.first_at) AS first_at,
      (array_agg(finer.last ORDER BY finer.last_at DESC))[1] AS last, max(finer.last_at) AS last_at
    FROM span CROSS JOIN LATERAL (
      SELECT * FROM datapoint_rollups
      WHERE event_id = span.event_id AND resolution = ${finer} AND bucket >= span.start AND bucket < span.stop OFFSET 0
    ) finer
    GROUP BY 1, 2
  ), emptied AS (
    DELETE FROM datapoint_rollups stored USING span
    WHERE stored.event_id = span.event_id AND resolution = ${level} AND stored.bucket >= span.start AND stored.bucket < span.stop
      AND NOT EXISTS (SELECT FROM fresh WHERE fresh.event_id = stored.event_id AND fresh.bucket = stored.bucket)
  )
  INSERT INTO datapoint_rollups AS stored (event_id, resolution, bucket, ${VALUES.join(', ')})
  SELECT event_id, ${level}, bucket, ${VALUES.join(', ')} FROM fresh ORDER BY event_id, bucket
  ON CONFLICT (event_id, resolution, bucket) DO UPDATE SET ${VALUES.map((column) => `${column} = excluded.${column}`).join(', ')}
  WHERE ${ROW('stored')} IS DISTINCT FROM ${ROW('excluded')}`

const STEPS = ROLLUP_LEVELS.slice(1).map((level, index) => {
  const width = Math.max(level * 1_000_000, HOUR)
  const text = rebuild(level, ROLLUP_LEVELS[index] as RollupLevel, width / 1_000_000) // as many as there are levels but one
  return { level, width, text }
})

/**
 * Makes every coarse rollup anew that one of these hours belongs to: each level from the one before it, so that days outlive the minutes
 * that they were made of. The hours' minutes must all be there.
 * @param levels which of them; the level before each has to be right
 * @returns how many rollups were made or changed
 */
export async function rebuildCoarse(
  client: Pick<pg.ClientBase, 'query'>,
  hours: readonly EventHour[],
  levels: readonly RollupLevel[] = ROLLUP_LEVELS,
): Promise<number> {
  let changed = 0
  for (const { level, width, text } of STEPS) {
    if (!levels.includes(level)) continue
    const spans = spansOf(hours, width)
    const { rowCount } = await client.query(text, [spans.map(({ event }) => event), spans.map(({ hour }) => hour)])
    changed += rowCount ?? 0
  }
  return changed
}

/** The intervals of this width that the hours lie in, each once. */
function spansOf(hours: readonly EventHour[], width: Micros): EventHour[] {
  const spans = new Map<string, EventHour>()
  for (const { event, hour } of hours) {
    const start = Math.floor(hour / width) * width
    spans.set(`${event} ${start}`, { event, hour: start })
  }
  return [...spans.values()]
}
