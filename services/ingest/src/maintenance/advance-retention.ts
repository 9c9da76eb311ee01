import type { Micros } from '@webmacs/contracts'
import type { Database } from '@webmacs/database'
import { inTransaction } from '../commit/in-transaction.ts'
import { holdRolling, holdRollupsAlone } from '../rollups/hold-rollups.ts'
import type { RetentionPlan } from './retention-plan.ts'

const moment = (parameter: string): string => `timestamptz 'epoch' + ${parameter}::int8 * interval '1 microsecond'`

/** Writers queue behind us while we wait for those under way. */
const LOCK_TIMEOUT = `SET LOCAL lock_timeout = '2s'`
const IS_DUE = `SELECT FROM historian_state WHERE raw_from < ${moment('$1')} OR minutes_from < ${moment('$2')}`
const READ = 'SELECT raw_from, minutes_from FROM historian_state'

/**
 * Minutes go only where hours were made of them: not beyond what is closed, and not while one of those hours is to be made anew. Neither moment
 * ever goes back, whatever the settings say later: what was removed stays removed.
 */
const ADVANCE = `
  UPDATE historian_state SET
    raw_from = greatest(raw_from, ${moment('$1')}),
    minutes_from = CASE WHEN EXISTS (SELECT FROM stale_rollups WHERE hour < ${moment('$2')}) THEN minutes_from
      ELSE greatest(minutes_from, least(${moment('$2')}, date_bin('1 day', closed_until, timestamptz 'epoch'))) END`

export interface RemovedBefore {
  readonly raw: Micros
  readonly minutes: Micros
}

/**
 * Says from where on the historian is complete, before anything is removed: whoever reads or writes is never told too much. Writers that may
 * mark an hour have committed by then, and their marks are seen; those that come after know where minutes begin.
 * @throws pg.DatabaseError when a writer took too long; trying again later makes sense
 */
export async function advanceRetention(database: Database, plan: RetentionPlan): Promise<RemovedBefore> {
  return inTransaction(database, async (client) => {
    const values = [plan.rawBefore, plan.minutesBefore]
    const { rowCount: isDue } = await client.query(IS_DUE, values)
    if (isDue !== 0) {
      await client.query(LOCK_TIMEOUT)
      await holdRolling(client)
      await holdRollupsAlone(client)
      await client.query(ADVANCE, values)
    }
    const { rows } = await client.query<{ raw_from: Micros; minutes_from: Micros }>(READ)
    const [state] = rows
    return {
      raw: Math.min(plan.rawBefore, state?.raw_from ?? 0),
      minutes: Math.min(plan.minutesBefore, state?.minutes_from ?? 0),
    }
  })
}
