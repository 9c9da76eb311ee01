import { closeHours } from '../rollups/close-hours.ts'
import { healHours } from '../rollups/heal-hours.ts'
import type { MaintenanceTask } from './task.ts'

const EVERY_MS = 5000
/** A run ends after so long even if years are to be caught up with: the log shows how far it has come. */
const MAX_RUN_MS = 10_000

/** Makes the coarse rollups of hours that are over, and those anew whose hours were written to or deleted from afterwards. */
export const rollupsTask: MaintenanceTask = {
  name: 'rollups',
  everyMs: EVERY_MS,
  onWork: true,
  run: async ({ database, signal }) => {
    const counts = { hours_closed: 0, hours_made: 0, rollups: 0 }
    const endAt = performance.now() + MAX_RUN_MS
    while (!signal.aborted && performance.now() < endAt) {
      // What is marked first: what is closed then is marked too, and marks shall not pile up.
      const healed = await healHours(database)
      counts.hours_made += healed.hours
      counts.rollups += healed.rollups
      if (healed.hours > 0) continue
      const closed = await closeHours(database)
      counts.hours_closed += closed.hours
      if (closed.hours === 0 && !closed.hasMore) return { counts }
    }
    return { counts, hasMore: true }
  },
}
