import type { IngestConfig } from '../config.ts'
import { jobsTask } from '../jobs/jobs-task.ts'
import { partitionsTask } from './partitions-task.ts'
import { retentionTask } from './retention-task.ts'
import { rollupsTask } from './rollups-task.ts'
import { statisticsTask } from './statistics-task.ts'
import type { MaintenanceTask } from './task.ts'

/** Everything that is done behind the writers. */
export const maintenanceTasks = ({ DATABASE_PATH }: Pick<IngestConfig, 'DATABASE_PATH'>): MaintenanceTask[] => [
  partitionsTask,
  rollupsTask,
  retentionTask,
  statisticsTask(DATABASE_PATH),
  jobsTask,
]
