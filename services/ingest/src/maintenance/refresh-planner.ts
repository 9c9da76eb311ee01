import type { Database } from '@webmacs/database'

/** A table is looked at anew when it grew by half since it was last: after that the planner takes it for much smaller than it is. */
const GROWTH = 1.5
/** Small tables are planned well enough without, pages. */
const MIN_PAGES = 100

/** The writer's own tables; the parent of the partitions is looked at by nobody else, autovacuum passes it over. */
const GROWN = `
  SELECT relname AS name FROM pg_class
  WHERE (oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'datapoints'::regclass AND NOT inhdetachpending)
      OR oid = 'datapoint_rollups'::regclass)
    AND pg_relation_size(oid) / current_setting('block_size')::int8 > ${GROWTH} * relpages + ${MIN_PAGES}
  ORDER BY relname`
const IS_PARENT_GROWN = `
  SELECT FROM pg_class parent WHERE oid = 'datapoints'::regclass
    AND (SELECT sum(greatest(reltuples, 0)) FROM pg_class WHERE oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = parent.oid))
      > ${GROWTH} * greatest(reltuples, 0) + 10000`
const LOCK_TIMEOUT = `SET lock_timeout = '2s'`

/**
 * Refreshes what the planner knows of tables that grew fast: autovacuum comes late after a bulk load, and until then it takes plans for small
 * tables.
 * @returns how many tables were looked at
 */
export async function refreshPlanner({ pool }: Database, signal: AbortSignal): Promise<number> {
  const { rows: grown } = await pool.query<{ name: string }>(GROWN)
  const client = await pool.connect()
  let count = 0
  try {
    await client.query(LOCK_TIMEOUT)
    for (const { name } of grown) {
      if (signal.aborted) return count
      await client.query(`ANALYZE ${client.escapeIdentifier(name)}`)
      count += 1
    }
    const { rowCount } = await client.query(IS_PARENT_GROWN)
    if (rowCount === 0) return count
    await client.query('ANALYZE ONLY datapoints')
    return count + 1
  } finally {
    client.release(true) // with its lock_timeout
  }
}
