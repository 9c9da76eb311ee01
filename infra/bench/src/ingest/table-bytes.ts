import type { Database } from '@webmacs/database'
import { ROLLUP_LEVELS } from '@webmacs/database'

/** Bytes on disk of what is kept for datapoints. */
export interface TableBytes {
  readonly rows: number
  readonly datapoints: number
  readonly datapointIndexes: number
  readonly rollups: number
  readonly rollupIndex: number
  /** Committed ranges of sequence numbers. */
  readonly sources: number
  /** Of all levels. */
  readonly rollupRows: number
}

/** What maintenance makes of minutes when hours are closed: the same sums and extremes of longer buckets. */
const coarser = (level: number): string => `
  INSERT INTO datapoint_rollups
    (event_id, resolution, bucket, count, sum, sum_sq, min, min_at, max, max_at, first, first_at, last, last_at)
  SELECT event_id, ${level}, date_bin('${level} s', bucket, timestamptz 'epoch') AS coarse, sum(count), sum(sum), sum(sum_sq),
    min(min), (array_agg(min_at ORDER BY min, min_at))[1], max(max), (array_agg(max_at ORDER BY max DESC, max_at))[1],
    (array_agg(first ORDER BY first_at))[1], min(first_at), (array_agg(last ORDER BY last_at DESC))[1], max(last_at)
  FROM datapoint_rollups WHERE resolution = ${ROLLUP_LEVELS[0]} GROUP BY event_id, coarse ORDER BY event_id, coarse`

export async function fillCoarseLevels({ pool }: Database): Promise<void> {
  for (const level of ROLLUP_LEVELS.slice(1)) await pool.query(coarser(level))
}

/** Sizes include free space within pages, visibility and free space maps, and TOAST. */
export async function readTableBytes({ pool }: Database): Promise<TableBytes> {
  const { rows } = await pool.query<TableBytes>(`
    WITH partitions AS (SELECT relid FROM pg_partition_tree('datapoints') WHERE isleaf)
    SELECT (SELECT count(*) FROM datapoints) AS rows,
      (SELECT sum(pg_table_size(relid))::int8 FROM partitions) AS datapoints,
      (SELECT sum(pg_indexes_size(relid))::int8 FROM partitions) AS "datapointIndexes",
      pg_table_size('datapoint_rollups') AS rollups,
      pg_indexes_size('datapoint_rollups') AS "rollupIndex",
      pg_total_relation_size('reading_sources') AS sources,
      (SELECT count(*) FROM datapoint_rollups) AS "rollupRows"`)
  if (rows[0] === undefined) throw new Error('the database gave no sizes')
  return rows[0]
}
