import type { Micros } from '@webmacs/contracts'
import type { Database } from '@webmacs/database'
import { inTransaction } from '../commit/in-transaction.ts'
import { holdRolling } from '../rollups/hold-rollups.ts'
import type { RetentionPlan } from './retention-plan.ts'

const moment = (parameter: string): string => `timestamptz 'epoch' + ${parameter}::int8 * interval '1 microsecond'`

/**
 * Minutes go only where hours were made of them: not beyond what is closed, and not while one of those hours is to be made anew. Neither moment
 * ever goes back, whatever the settings say later: what was removed stays removed.
 */
const ADVANCE = `
  UPDATE historian_state SET
    raw_from = greatest(raw_from, ${moment('$1')}),
    minutes_from = CASE WHEN EXISTS (SELECT FROM stale_rollups WHERE hour < ${moment('$2')}) THEN minutes_from
      ELSE greatest(minutes_from, least(${moment('$2')}, date_bin('1 day', closed_until, timestamptz 'epoch'))) END
  RETURNING raw_from, minutes_from`

export interface RemovedBefore {
  readonly raw: Micros
  readonly minutes: Micros
}

/** Says from where on the historian is complete, before anything is removed: whoever reads or writes is never told too much. */
export async function advanceRetention(database: Database, plan: RetentionPlan): Promise<RemovedBefore> {
  return inTransaction(database, async (client) => {
    await holdRolling(client)
    const { rows } = await client.query<{ raw_from: Micros; minutes_from: Micros }>(ADVANCE, [
      plan.rawBefore,
      plan.minutesBefore,
    ])
    const [state] = rows
    return {
      raw: Math.min(plan.rawBefore, state?.raw_from ?? 0),
      minutes: Math.min(plan.minutesBefore, state?.minutes_from ?? 0),
    }
  })
}
