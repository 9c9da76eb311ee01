import { formatTime, type HistorianJobId, type HistorianJobKind, type Micros, newId } from '@webmacs/contracts'
import type { Row } from '@webmacs/database'
import { until } from '@webmacs/testing'
import type { Site } from '../ingest-site.fixture.ts'
import type { JobPosition } from './job.ts'

export interface NewJob {
  readonly kind: HistorianJobKind
  readonly events: readonly number[] | null
  readonly from: Micros
  readonly to: Micros
  /** As if work had come so far. */
  readonly position?: JobPosition
  /** As if so many processes had ended with it. */
  readonly attempts?: number
}

/** Writes a job down, and says so, as the api does. */
export async function makeJob(
  { db, bus }: Pick<Site, 'db' | 'bus'>,
  { kind, events, from, to, position, attempts = 0 }: NewJob,
): Promise<HistorianJobId> {
  const public_id = newId('job')
  const times = { from_time: formatTime(from), to_time: formatTime(to) }
  const event_ids = events === null ? null : [...events]
  await db
    .insertInto('historian_jobs')
    .values({ public_id, kind, event_ids, attempts, ...times, ...(position && { position: JSON.stringify(position) }) })
    .execute()
  bus.nc.publish(bus.names.subjects.historian('work'))
  return public_id
}

/** The job when it has ended, well or not. */
export function endedJob(db: Site['db'], id: HistorianJobId, timeoutMs = 20_000): Promise<Row<'historian_jobs'>> {
  return until(
    `job ${id} has ended`,
    async () => {
      const job = await db
        .selectFrom('historian_jobs')
        .selectAll()
        .where('public_id', '=', id)
        .executeTakeFirstOrThrow()
      return job.ended_on === null ? undefined : job
    },
    { timeoutMs },
  )
}
