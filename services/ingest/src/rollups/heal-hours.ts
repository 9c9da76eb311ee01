import type { Micros } from '@webmacs/contracts'
import type { Database } from '@webmacs/database'
import { inTransaction } from '../commit/in-transaction.ts'
import { holdRolling } from './hold-rollups.ts'
import type { EventHour } from './mark-stale.ts'
import { rebuildCoarse } from './rebuild-coarse.ts'

export interface Healed {
  /** Marks that were removed. */
  readonly hours: number
  /** Coarse rollups that were made or changed. */
  readonly rollups: number
}

/** So many hours of an event at a time: 60,000 minutes' rollups at most, which is less than a second. */
const MAX_HOURS = 1000

/**
 * A mark that a writer holds is passed over: it comes again when that writer has committed. One that is not held is locked until we commit, so
 * that what a writer adds from now on gets a new mark.
 */
const TAKE_MARKS = `
  DELETE FROM stale_rollups WHERE (event_id, hour) IN (
    SELECT event_id, hour FROM stale_rollups ORDER BY event_id, hour LIMIT ${MAX_HOURS} FOR UPDATE SKIP LOCKED
  ) RETURNING event_id AS event, hour`
const MINUTES_FROM = 'SELECT minutes_from FROM historian_state'

/**
 * Makes some of the stale hours' coarse rollups anew, in one transaction. The marks go first: whatever was committed before is seen by the
 * statements that follow. Hours whose minutes retention has removed keep the rollups they have.
 * @returns how much was done; no hours: nothing is left to do at this moment
 */
export async function healHours(database: Database): Promise<Healed> {
  return inTransaction(database, async (client) => {
    await holdRolling(client)
    const { rows: hours } = await client.query<EventHour>(TAKE_MARKS)
    if (hours.length === 0) return { hours: 0, rollups: 0 }
    const { rows } = await client.query<{ minutes_from: Micros }>(MINUTES_FROM)
    const minutesFrom = rows[0]?.minutes_from ?? 0
    const rollups = await rebuildCoarse(
      client,
      hours.filter(({ hour }) => hour >= minutesFrom),
    )
    return { hours: hours.length, rollups }
  })
}
