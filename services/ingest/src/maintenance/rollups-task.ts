import { closeHours } from '../rollups/close-hours.ts'
import { type Healed, healHours } from '../rollups/heal-hours.ts'
import type { EventHour } from '../rollups/mark-stale.ts'
import type { MaintenanceContext, MaintenanceTask } from './task.ts'

const EVERY_MS = 5000
/** A run ends after so long even if years are to be caught up with: the log shows how far it has come. */
const MAX_RUN_MS = 10_000

/** Makes the coarse rollups of hours that are over, and those anew whose hours were written to or deleted from afterwards. */
export const rollupsTask: MaintenanceTask = {
  name: 'rollups',
  everyMs: EVERY_MS,
  onWork: true,
  run: async (context) => {
    const counts = { hours_closed: 0, hours_made: 0, hours_refused: 0, rollups: 0 }
    const endAt = performance.now() + MAX_RUN_MS
    let after: EventHour | undefined
    while (!context.signal.aborted && performance.now() < endAt) {
      // What is marked first: what is closed then is marked too, and marks shall not pile up. But hours are closed however readings come late.
      const healed = await healOrTell(context, after)
      if (!('failure' in healed)) {
        counts.hours_made += healed.hours
        counts.hours_refused += healed.refused
        counts.rollups += healed.rollups
        after = healed.next
        if (after !== undefined) continue
      }
      const closed = await closeHours(context.database)
      counts.hours_closed += closed.hours
      if ('failure' in healed) throw healed.failure
      if (closed.hours === 0 && !closed.hasMore) return { counts }
    }
    return { counts, hasMore: true }
  },
}

/** @returns what was made, or why nothing could be: closing does not wait for it */
async function healOrTell(
  { database, log }: MaintenanceContext,
  after: EventHour | undefined,
): Promise<Healed | { readonly failure: unknown }> {
  try {
    const healed = await healHours(database, after)
    const { refused, error } = healed
    if (refused > 0)
      log.error({ event: 'rollups.refused', hours: refused, err: error }, 'hours cannot be made of what is in them')
    return healed
  } catch (failure) {
    return { failure }
  }
}
