import { statfs } from 'node:fs/promises'
import { nowMicros } from '@webmacs/contracts'
import type { Database } from '@webmacs/database'
import type { Logger } from '@webmacs/service-kit'
import { measureHoldings } from './measure-holdings.ts'
import { refreshPlanner } from './refresh-planner.ts'
import type { MaintenanceTask } from './task.ts'

const EVERY_MS = 60_000

const MEASURE = `
  INSERT INTO historian_statistics AS known
    (datapoints, datapoint_bytes, rollup_bytes, disk_total_bytes, disk_free_bytes, measured_on)
  SELECT $1::int8,
    (SELECT coalesce(sum(pg_total_relation_size(inhrelid)), 0) FROM pg_inherits WHERE inhparent = 'datapoints'::regclass),
    pg_total_relation_size('datapoint_rollups'), $2::int8, $3::int8, now()
  ON CONFLICT (id) DO UPDATE SET datapoints = excluded.datapoints, datapoint_bytes = excluded.datapoint_bytes,
    rollup_bytes = excluded.rollup_bytes, disk_total_bytes = excluded.disk_total_bytes, disk_free_bytes = excluded.disk_free_bytes,
    measured_on = excluded.measured_on`

interface Disk {
  readonly totalBytes: number | null
  readonly freeBytes: number | null
}

/**
 * Measures what the historian holds, and keeps the planner's statistics up with it.
 * @param databasePath folder on the disk of the database; empty: not known
 */
export const statisticsTask = (databasePath: string): MaintenanceTask => ({
  name: 'statistics',
  everyMs: EVERY_MS,
  onWork: false,
  run: async ({ database, log, signal }) => {
    const analyzed = await refreshPlanner(database, signal)
    const { datapoints } = await measureHoldings(database, nowMicros())
    await writeTotals(database, datapoints, await measureDisk(databasePath, log))
    // That numbers were measured is no change to tell of.
    return { counts: { tables_analyzed: analyzed } }
  },
})

const writeTotals = ({ pool }: Database, datapoints: number, { totalBytes, freeBytes }: Disk) =>
  pool.query(MEASURE, [datapoints, totalBytes, freeBytes])

async function measureDisk(path: string, log: Logger): Promise<Disk> {
  if (path === '') return { totalBytes: null, freeBytes: null }
  try {
    const { bsize, blocks, bavail } = await statfs(path)
    return { totalBytes: bsize * blocks, freeBytes: bsize * bavail }
  } catch (err) {
    // The folder may be a mount that is away: what is not known is shown as such.
    log.warn({ event: 'disk.unknown', path, err }, 'the disk of the database cannot be measured')
    return { totalBytes: null, freeBytes: null }
  }
}
