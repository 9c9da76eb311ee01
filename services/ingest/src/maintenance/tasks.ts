import type { IngestConfig } from '../config.ts'
import { partitionsTask } from './partitions-task.ts'
import { rollupsTask } from './rollups-task.ts'
import type { MaintenanceTask } from './task.ts'

/** Everything that is done behind the writers. */
export const maintenanceTasks = (_config: IngestConfig): MaintenanceTask[] => [partitionsTask, rollupsTask]
