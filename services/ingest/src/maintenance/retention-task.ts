import { setTimeout as delay } from 'node:timers/promises'
import { nowMicros } from '@webmacs/contracts'
import { advanceRetention } from './advance-retention.ts'
import { deleteMinutes, deleteRows } from './delete-expired.ts'
import { dropPartition, listPartitions } from './drop-partition.ts'
import { readRetentionPlan, without } from './retention-plan.ts'
import type { MaintenanceContext, MaintenanceTask, TaskResult } from './task.ts'

const EVERY_MS = 10 * 60_000
/** Changed settings are followed after so long: by then every writer refuses what they exclude, ms. */
const SETTLE_MS = 5000
/** Settings and kept experiments are looked at anew after so long. */
const MAX_RUN_MS = 10_000

/** Removes what is older than the settings want it: datapoints and rollups finer than an hour, but for experiments that are kept. */
export const retentionTask: MaintenanceTask = {
  name: 'retention',
  everyMs: EVERY_MS,
  onWork: true,
  run: async (context) => {
    const { settledOn } = await readRetentionPlan(context.database)
    const settledSinceMs = (nowMicros() - settledOn) / 1000
    if (settledSinceMs < SETTLE_MS)
      await delay(Math.min(SETTLE_MS, SETTLE_MS - settledSinceMs), undefined, { signal: context.signal })
    return removeExpired(context)
  },
}

async function removeExpired({ database, signal }: MaintenanceContext): Promise<TaskResult> {
  const plan = await readRetentionPlan(database)
  const counts = { partitions_dropped: 0, partitions_busy: 0, datapoints: 0, rollups: 0 }
  if (plan.rawBefore === 0 && plan.minutesBefore === 0) return { counts }
  const before = await advanceRetention(database, plan)
  const endAt = performance.now() + MAX_RUN_MS
  const isOver = (): boolean => signal.aborted || performance.now() > endAt
  for (const partition of await listPartitions(database)) {
    if (partition.from >= before.raw) continue
    const expired = { from: partition.from, to: Math.min(partition.to, before.raw) }
    const parts = without(expired, plan.kept)
    const isExpired = partition.to <= before.raw && parts[0]?.from === partition.from && parts[0].to === partition.to
    if (isExpired) {
      if (isOver()) return { counts, hasMore: true }
      if (await dropPartition(database, partition)) counts.partitions_dropped += 1
      else counts.partitions_busy += 1
    } else if (partition.state === 'attached') {
      for (const part of parts) {
        for await (const deleted of deleteRows(database, part)) {
          counts.datapoints += deleted
          if (isOver()) return { counts, hasMore: true }
        }
      }
    }
  }
  for (const part of without({ from: 0, to: before.minutes }, plan.kept)) {
    for await (const deleted of deleteMinutes(database, part)) {
      counts.rollups += deleted
      if (isOver()) return { counts, hasMore: true }
    }
  }
  return { counts }
}
