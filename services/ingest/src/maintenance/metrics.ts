import type { Metrics } from '@webmacs/service-kit'

export type MaintenanceMetrics = ReturnType<typeof createMaintenanceMetrics>

export function createMaintenanceMetrics(metrics: Metrics) {
  return {
    maintainer: metrics.gauge('ingest_maintainer', '1 in the process that maintains the historian, 0 in the others'),
    runs: metrics.counter('ingest_maintenance_runs_total', 'Runs of maintenance', ['task', 'outcome']),
    seconds: metrics.histogram(
      'ingest_maintenance_seconds',
      'How long a run took',
      [0.01, 0.05, 0.25, 1, 5, 30, 120],
      ['task'],
    ),
    changes: metrics.counter('ingest_maintenance_changes_total', 'What runs have changed, as they count it', [
      'task',
      'what',
    ]),
  }
}
