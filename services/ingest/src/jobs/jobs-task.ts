import type { MaintenanceTask } from '../maintenance/task.ts'
import { carryOutJobs } from './carry-out-jobs.ts'

/** Whoever asks says so on the bus; that may be missed. */
const EVERY_MS = 5000

/** Carries out deletions and repairs. */
export const jobsTask: MaintenanceTask = {
  name: 'jobs',
  everyMs: EVERY_MS,
  onWork: true,
  run: async (context) => ({ counts: await carryOutJobs(context) }),
}
