import { formatTime, type Micros } from '@webmacs/contracts'
import { type Kysely, sql } from 'kysely'
import type { Tables } from './tables.ts'

const WEEK: Micros = 7 * 86_400 * 1_000_000
/** A Monday, so that weeks begin as people expect. */
const FIRST_MONDAY: Micros = 4 * 86_400 * 1_000_000
/** Key of the advisory lock that lets one maintainer at a time change the partitions. */
const MAINTENANCE_LOCK = 7_031_001

/** One week of datapoints. */
export interface Partition {
  readonly name: string
  readonly from: Micros
  /** Not included. */
  readonly to: Micros
}

/** The partition that a moment belongs to. */
export function partitionOf(time: Micros): Partition {
  const from = Math.floor((time - FIRST_MONDAY) / WEEK) * WEEK + FIRST_MONDAY
  return { name: `datapoints_${formatTime(from).slice(0, 10).replaceAll('-', '')}`, from, to: from + WEEK }
}

/** All partitions that `[from, to]` touches, ascending. */
export function partitionsBetween(from: Micros, to: Micros): Partition[] {
  const partitions: Partition[] = []
  for (let partition = partitionOf(from); partition.from <= to; partition = partitionOf(partition.to))
    partitions.push(partition)
  return partitions
}

/**
 * Makes the partitions that are missing. Safe beside writers and other maintainers: the table is made apart and then attached, because
 * `CREATE TABLE … PARTITION OF` would wait behind every open export, and all inserts behind it.
 * @returns the names of those that were made
 */
export async function ensurePartitions(db: Kysely<Tables>, partitions: readonly Partition[]): Promise<string[]> {
  const missing = await findMissing(db, partitions)
  if (missing.length === 0) return []
  return db.transaction().execute(async (trx) => {
    await sql`SELECT pg_advisory_xact_lock(${MAINTENANCE_LOCK}::bigint)`.execute(trx)
    await sql`SET LOCAL lock_timeout = '5s'`.execute(trx)
    const stillMissing = await findMissing(trx, missing) // another maintainer may have been first
    for (const { name, from, to } of stillMissing) {
      const table = sql.table(name)
      const lower = sql.lit(formatTime(from))
      const upper = sql.lit(formatTime(to))
      await sql`CREATE TABLE ${table} (LIKE datapoints INCLUDING ALL)`.execute(trx)
      // Proves the bounds beforehand, so that attaching need not read the table.
      await sql`ALTER TABLE ${table} ADD CONSTRAINT bounds CHECK (ts >= ${lower}::timestamptz AND ts < ${upper}::timestamptz)`.execute(
        trx,
      )
      await sql`ALTER TABLE datapoints ATTACH PARTITION ${table} FOR VALUES FROM (${lower}) TO (${upper})`.execute(trx)
      await sql`ALTER TABLE ${table} DROP CONSTRAINT bounds`.execute(trx)
    }
    return stillMissing.map(({ name }) => name)
  })
}

async function findMissing(db: Kysely<Tables>, partitions: readonly Partition[]): Promise<Partition[]> {
  const { rows } = await sql<{ name: string }>`
    SELECT child.relname AS name FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid WHERE inhparent = 'datapoints'::regclass
  `.execute(db)
  const existing = new Set(rows.map(({ name }) => name))
  return partitions.filter(({ name }) => !existing.has(name))
}
