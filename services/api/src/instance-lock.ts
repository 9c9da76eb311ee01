import type { Tables } from '@webmacs/database'
import { sql, type Transaction } from 'kysely'

/** Work that one instance of this service does at a time; the numbers tell the locks apart in the database. */
const LOCKS = {
  seed: 7_032_001,
  reconcile: 7_032_002,
  outbox: 7_032_003,
  packages: 7_032_004,
  uploads: 7_032_005,
  'valve-cycle': 7_032_006,
} as const

export type InstanceLock = keyof typeof LOCKS

/** Waits until no other instance holds the lock; it ends with the transaction. */
export async function holdLock(trx: Transaction<Tables>, lock: InstanceLock): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${LOCKS[lock]}::bigint)`.execute(trx)
}

/** Takes the lock unless another instance holds it; it ends with the transaction. */
export async function tryLock(trx: Transaction<Tables>, lock: InstanceLock): Promise<boolean> {
  const { rows } = await sql<{
    taken: boolean
  }>`SELECT pg_try_advisory_xact_lock(${LOCKS[lock]}::bigint) AS taken`.execute(trx)
  return rows[0]?.taken === true
}
