import {
  AppError,
  type EventId,
  formatTime,
  type HistorianJob,
  type HistorianJobId,
  type HistorianJobKind,
  type Page,
  type UserId,
} from '@webmacs/contracts'
import type { Row, Tables } from '@webmacs/database'
import { limitOf, offsetOf } from '@webmacs/http-kit/paging'
import { type Kysely, sql } from 'kysely'

/** Jobs of a kind, newest first. */
export async function listJobs(
  db: Kysely<Tables>,
  kind: HistorianJobKind,
  page: Page,
): Promise<{ total: number; jobs: HistorianJob[] }> {
  const [rows, counted] = await Promise.all([
    jobs(db, kind).orderBy('historian_jobs.id', 'desc').limit(limitOf(page)).offset(offsetOf(page)).execute(),
    db
      .selectFrom('historian_jobs')
      .select(({ fn }) => fn.countAll<number>().as('total'))
      .where('kind', '=', kind)
      .executeTakeFirstOrThrow(),
  ])
  return { total: counted.total, jobs: rows.map(jobAnswer) }
}

/** @throws AppError `historian.job-unknown` */
export async function readJob(db: Kysely<Tables>, kind: HistorianJobKind, id: HistorianJobId): Promise<HistorianJob> {
  const row = await jobs(db, kind).where('historian_jobs.public_id', '=', id).executeTakeFirst()
  if (row === undefined) throw new AppError('historian.job-unknown', { detail: `Job '${id}' not found.` })
  return jobAnswer(row)
}

const jobs = (db: Kysely<Tables>, kind: HistorianJobKind) =>
  db
    .selectFrom('historian_jobs')
    .leftJoin('users', 'users.id', 'historian_jobs.user_id')
    .selectAll('historian_jobs')
    .select('users.public_id as user_public_id')
    .select(
      sql<EventId[] | null>`CASE WHEN event_ids IS NOT NULL THEN
        ARRAY(SELECT events.public_id FROM events WHERE events.id = ANY(event_ids) ORDER BY events.id)
      END`.as('events'),
    )
    .where('kind', '=', kind)

interface JobRow extends Row<'historian_jobs'> {
  readonly user_public_id: UserId | null
  readonly events: EventId[] | null
}

const jobAnswer = (row: JobRow): HistorianJob => ({
  public_id: row.public_id,
  kind: row.kind,
  state: row.state,
  event_public_ids: row.events,
  experiment_public_id: row.experiment_public_id,
  from: formatTime(row.from_time),
  to: formatTime(row.to_time),
  expected: row.expected,
  done: row.done,
  error: row.error,
  user_public_id: row.user_public_id,
  created_on: formatTime(row.created_on),
  ended_on: row.ended_on === null ? null : formatTime(row.ended_on),
})
