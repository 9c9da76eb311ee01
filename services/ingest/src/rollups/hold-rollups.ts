import type { Micros } from '@webmacs/contracts'
import type pg from 'pg'

/**
 * Advisory lock between writers, who share it, and whoever closes hours, who needs it alone: a writer that began before an hour was closed
 * has committed by then, and one that begins after knows that the hour is closed.
 */
const ROLLUPS_LOCK = 7_031_002

type Queryable = Pick<pg.ClientBase, 'query'>

/**
 * To be called in a transaction before anything of it is written, and before the statement whose answer it relies on.
 * @returns from where on nothing has to be marked as stale
 */
export async function holdRollups(client: Queryable): Promise<Micros> {
  await client.query('SELECT pg_advisory_xact_lock_shared($1)', [ROLLUPS_LOCK])
  const { rows } = await client.query<{ closed_until: Micros }>('SELECT closed_until FROM historian_state')
  return rows[0]?.closed_until ?? 0
}

/** Waits until no writer is under way, and keeps new ones waiting until the transaction ends: it has to be short. */
export async function holdRollupsAlone(client: Queryable): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock($1)', [ROLLUPS_LOCK])
}

/** Between those who make coarse rollups: a day is made of hours, and whoever makes it must see the hours that another has just made. */
export const ROLLING_LOCK = 7_031_004

/** Waits until nobody else makes coarse rollups, and keeps others from it until the transaction ends. Writers do not wait for it. */
export async function holdRolling(client: Queryable): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock($1)', [ROLLING_LOCK])
}
