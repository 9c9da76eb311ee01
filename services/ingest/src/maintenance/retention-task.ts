import { setTimeout as delay } from 'node:timers/promises'
import { type Micros, nowMicros } from '@webmacs/contracts'
import { advanceRetention } from './advance-retention.ts'
import { deleteMinutes, deleteRows } from './delete-expired.ts'
import { dropPartition, listPartitions } from './drop-partition.ts'
import { type RetentionPlan, readRetentionPlan, without } from './retention-plan.ts'
import type { MaintenanceContext, MaintenanceTask, TaskResult } from './task.ts'

const EVERY_MS = 10 * 60_000
/** Changed settings are followed after so long: by then every writer refuses what they exclude, ms. */
const SETTLE_MS = 5000
/** A run ends after so long: the log shows how far it has come. */
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

type Counts = Record<'partitions_dropped' | 'partitions_busy' | 'datapoints' | 'rollups', number>

async function removeExpired(context: MaintenanceContext): Promise<TaskResult> {
  const { database, signal } = context
  const plan = await readRetentionPlan(database)
  const counts: Counts = { partitions_dropped: 0, partitions_busy: 0, datapoints: 0, rollups: 0 }
  if (plan.rawBefore === 0 && plan.minutesBefore === 0) return { counts }
  const before = await advanceRetention(database, plan)
  const endAt = performance.now() + MAX_RUN_MS
  // Asked before each thing that is removed: what somebody decides to keep meanwhile is kept from then on.
  const mayGoOn = async (): Promise<boolean> =>
    !signal.aborted && performance.now() < endAt && isSame(plan, await readRetentionPlan(database))
  const hasMore =
    !(await removeDatapoints(context, before.raw, plan, counts, mayGoOn)) ||
    !(await removeMinutes(context, before.minutes, plan, counts, mayGoOn))
  return { counts, hasMore }
}

/** @returns whether it came to the end */
async function removeDatapoints(
  { database }: MaintenanceContext,
  before: Micros,
  { kept }: RetentionPlan,
  counts: Counts,
  mayGoOn: () => Promise<boolean>,
): Promise<boolean> {
  let isBusy = false
  for (const partition of await listPartitions(database)) {
    if (partition.from >= before) continue
    const parts = without({ from: partition.from, to: Math.min(partition.to, before) }, kept)
    const isExpired = partition.to <= before && parts[0]?.from === partition.from && parts[0].to === partition.to
    if (isExpired) {
      // The database detaches one at a time: behind one that is still read the others wait for their turn.
      if (isBusy) continue
      if (!(await mayGoOn())) return false
      isBusy = !(await dropPartition(database, partition))
      counts[isBusy ? 'partitions_busy' : 'partitions_dropped'] += 1
    } else if (partition.state === 'attached') {
      for (const part of parts) {
        if (!(await mayGoOn())) return false
        for await (const deleted of deleteRows(database, part)) {
          counts.datapoints += deleted
          if (!(await mayGoOn())) return false
        }
      }
    }
  }
  return true
}

/** @returns whether it came to the end */
async function removeMinutes(
  { database }: MaintenanceContext,
  before: Micros,
  { kept }: RetentionPlan,
  counts: Counts,
  mayGoOn: () => Promise<boolean>,
): Promise<boolean> {
  for (const part of without({ from: 0, to: before }, kept)) {
    if (!(await mayGoOn())) return false
    for await (const deleted of deleteMinutes(database, part)) {
      counts.rollups += deleted
      if (!(await mayGoOn())) return false
    }
  }
  return true
}

/** Whether nobody changed settings or what is kept; an experiment that is kept and goes on changes nothing. */
const isSame = (plan: RetentionPlan, now: RetentionPlan): boolean =>
  plan.settledOn === now.settledOn && JSON.stringify(plan.kept) === JSON.stringify(now.kept)
