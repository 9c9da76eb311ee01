import { nowMicros } from '@webmacs/contracts'
import { PartitionKeeper } from '../partitions/partition-keeper.ts'
import type { MaintenanceTask } from './task.ts'

const EVERY_MS = 3_600_000

/** Makes the partitions of the coming weeks. Writers make one themselves where it is missing, but then their batch waits for it. */
export const partitionsTask: MaintenanceTask = {
  name: 'partitions',
  everyMs: EVERY_MS,
  onWork: false,
  run: async ({ database, log }) => ({
    counts: { partitions_made: await new PartitionKeeper(database, log).ensureAround(nowMicros()) },
  }),
}
