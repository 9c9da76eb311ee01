import { formatTime, type MaintenanceRun, type Page } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { limitOf, offsetOf } from '@webmacs/http-kit/paging'
import type { Kysely } from 'kysely'

/** Newest first. */
export async function listMaintenanceRuns(
  db: Kysely<Tables>,
  page: Page,
): Promise<{ total: number; runs: MaintenanceRun[] }> {
  const [rows, counted] = await Promise.all([
    db
      .selectFrom('maintenance_runs')
      .selectAll()
      .orderBy('id', 'desc')
      .limit(limitOf(page))
      .offset(offsetOf(page))
      .execute(),
    db
      .selectFrom('maintenance_runs')
      .select(({ fn }) => fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow(),
  ])
  const runs = rows.map(({ started_on, ended_on, ...run }) => ({
    ...run,
    started_on: formatTime(started_on),
    ended_on: ended_on === null ? null : formatTime(ended_on),
  }))
  return { total: counted.total, runs }
}
