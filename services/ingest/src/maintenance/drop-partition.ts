import type { Micros } from '@webmacs/contracts'
import type { Database } from '@webmacs/database'
import { parseTimestamptz, partitionOf } from '@webmacs/database'
import pg from 'pg'

export interface StoredPartition {
  readonly name: string
  readonly from: Micros
  readonly to: Micros
  /** `pending`: its detaching was begun; `alone`: it is detached and still to be dropped. */
  readonly state: 'attached' | 'pending' | 'alone'
}

/** A lock is waited for so long; then the partition's turn comes again with the next run. */
const LOCK_TIMEOUT = `SET lock_timeout = '2s'`

const LIST = `
  SELECT relname AS name, CASE WHEN inhrelid IS NULL THEN 'alone' WHEN inhdetachpending THEN 'pending' ELSE 'attached' END AS state
  FROM pg_class LEFT JOIN pg_inherits ON inhrelid = pg_class.oid AND inhparent = 'datapoints'::regclass
  WHERE relkind = 'r' AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'datapoints'::regclass)
    AND relname ~ '^datapoints_[0-9]{8}$'
  ORDER BY relname`

/** The weekly partitions, oldest first. */
export async function listPartitions({ pool }: Database): Promise<StoredPartition[]> {
  const { rows } = await pool.query<Pick<StoredPartition, 'name' | 'state'>>(LIST)
  return rows.flatMap(({ name, state }) => {
    const [, year, month, day] = /_(\d{4})(\d{2})(\d{2})$/.exec(name) ?? []
    const partition = partitionOf(parseTimestamptz(`${year}-${month}-${day} 00:00:00+00`))
    return partition.name === name ? [{ ...partition, state }] : [] // a table of somebody else's
  })
}

/**
 * Removes a partition. It is detached first, which lets readers finish and makes nobody wait: a plain DROP would queue behind an open export,
 * and all writers behind it.
 * @returns false when somebody still reads it: it has to be tried again
 */
export async function dropPartition(database: Database, { name, state }: StoredPartition): Promise<boolean> {
  const client = await database.pool.connect()
  try {
    await client.query(LOCK_TIMEOUT)
    if (state !== 'alone') {
      const how = state === 'pending' ? 'FINALIZE' : 'CONCURRENTLY'
      await client.query(`ALTER TABLE datapoints DETACH PARTITION ${client.escapeIdentifier(name)} ${how}`)
    }
    await client.query(`DROP TABLE ${client.escapeIdentifier(name)}`)
    return true
  } catch (err) {
    if (isBusy(err)) return false
    throw err
  } finally {
    client.release(true) // with its lock_timeout
  }
}

const LOCK_NOT_AVAILABLE = '55P03'
const isBusy = (err: unknown): boolean => err instanceof pg.DatabaseError && err.code === LOCK_NOT_AVAILABLE
