import type { MaintenanceTask as TaskName } from '@webmacs/contracts'
import type { Database } from '@webmacs/database'
import type { Logger } from '@webmacs/service-kit'

export interface MaintenanceContext {
  /** Connections of maintenance's own, so that it never takes one from the writer. */
  readonly database: Database
  readonly log: Logger
  /**
   * Fires when the service stops or another process became the maintainer; statements under way are then cancelled. To be looked at between
   * two parts of the work.
   */
  readonly signal: AbortSignal
}

export interface TaskResult {
  /** What was changed, by name; nothing but zeros: the run changed nothing, and of such runs only the newest is kept in the log. */
  readonly counts: Readonly<Record<string, number>>
  /** There is more to do: the task runs again at once, without waiting for its next time. */
  readonly hasMore?: boolean
}

/**
 * One thing that maintenance does. At most one run of it is under way, in all replicas together but for a moment when the maintainer changes:
 * each transaction has to be right by itself, also when the process is killed after any of them. Tasks run beside one another.
 */
export interface MaintenanceTask {
  readonly name: TaskName
  /** Longest pause between the end of a run and the next one, ms. */
  readonly everyMs: number
  /** Also runs at once when `historian.work` says that there are jobs or changed settings. */
  readonly onWork: boolean
  /** What it throws is logged with the run, and it runs again after a pause that grows with each failure. */
  run(context: MaintenanceContext): Promise<TaskResult>
}
