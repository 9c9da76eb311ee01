import { isDatabaseAway, isTransient } from '@webmacs/database'
import type { MaintenanceMetrics } from './metrics.ts'
import type { RunLog } from './run-log.ts'
import type { MaintenanceContext, MaintenanceTask } from './task.ts'
import type { Wake } from './wake.ts'

export interface TaskLoopOptions {
  readonly task: MaintenanceTask
  readonly context: MaintenanceContext
  readonly runs: RunLog
  readonly wake: Wake
  readonly metrics: MaintenanceMetrics
}

const FIRST_RETRY_MS = 1000
const MAX_RETRY_MS = 60_000

/** Runs a task again and again until the signal fires. Never throws: what a run throws is logged, and the next one comes later. */
export async function runTaskLoop(options: TaskLoopOptions): Promise<void> {
  const { task, context, wake, metrics } = options
  let failures = 0
  while (!context.signal.aborted) {
    let pauseMs = task.everyMs
    try {
      if (await runOnce(options)) pauseMs = 0
      failures = 0
    } catch (err) {
      if (context.signal.aborted) return // what was under way was cancelled
      metrics.runs.inc({ task: task.name, outcome: 'failed' })
      pauseMs = Math.min(FIRST_RETRY_MS * 2 ** failures, MAX_RETRY_MS)
      failures += 1
      const facts = { event: 'maintenance.failed', task: task.name, retryMs: pauseMs, err }
      if (isDatabaseAway(err) || isTransient(err)) context.log.warn(facts, 'maintenance failed, trying again')
      else context.log.error(facts, 'maintenance failed, trying again')
    }
    await wake.pause(pauseMs, context.signal)
  }
}

/** @returns whether there is more to do */
async function runOnce({ task, context, runs, metrics }: TaskLoopOptions): Promise<boolean> {
  const startedAt = performance.now()
  const id = await runs.start(task.name)
  try {
    const { counts, hasMore = false } = await task.run(context)
    await runs.end(task.name, id, counts)
    metrics.runs.inc({ task: task.name, outcome: 'done' })
    metrics.seconds.observe({ task: task.name }, (performance.now() - startedAt) / 1000)
    const changed = Object.entries(counts).filter(([, count]) => count > 0)
    for (const [what, count] of changed) metrics.changes.inc({ task: task.name, what }, count)
    if (changed.length > 0) {
      const durationMs = Math.round(performance.now() - startedAt)
      context.log.info({ event: 'maintenance.done', task: task.name, counts, durationMs }, 'maintenance done')
    }
    return hasMore
  } catch (err) {
    // The failure to be told is the first one; if the log cannot be written either, the run stays open in it.
    await runs.fail(task.name, id, err).catch(() => undefined)
    throw err
  }
}
