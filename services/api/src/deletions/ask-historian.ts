import { setTimeout as delay } from 'node:timers/promises'
import type { Principal } from '@webmacs/auth/fastify'
import { formatTime, type HistorianJob, type HistorianJobId, type HistorianJobKind, newId } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import type { Kysely } from 'kysely'
import type { Broker } from '../broker.ts'
import type { Changes } from '../changes/changes.ts'
import type { JobRange } from './deletion-range.ts'
import { readJob } from './job-store.ts'

export interface HistorianParts {
  readonly db: Kysely<Tables>
  readonly changes: Changes
  readonly broker: Broker
}

export interface NewJob extends JobRange {
  readonly kind: HistorianJobKind
  /** Datapoints in the range; null: not counted. */
  readonly expected: number | null
}

const VERBS = { delete: 'deleted', repair: 'repaired' } as const satisfies Record<HistorianJobKind, string>

/**
 * Has the historian, which owns the tables, do something: the job and who asked for it stand or fall together. From then on it is carried out,
 * also when nobody waits for it any more.
 */
export async function makeJob(
  { changes, broker }: HistorianParts,
  job: NewJob,
  by: Principal,
): Promise<HistorianJobId> {
  const id = newId('job')
  const { kind, events, from, to, experiment, expected } = job
  await changes.make(by, async ({ trx, record }) => {
    await trx
      .insertInto('historian_jobs')
      .values({
        ...{ public_id: id, kind, experiment_public_id: experiment, expected, user_id: by.key },
        ...{ from_time: formatTime(from), to_time: formatTime(to) },
        event_ids: events === null ? null : events.map(({ key }) => key),
      })
      .execute()
    const facts = {
      ...{ from: formatTime(from), to: formatTime(to), experiment_public_id: experiment },
      ...{ event_public_ids: events === null ? null : events.map((event) => event.id), expected },
    }
    // Ingest tells it when it is done; until then everything is as it was.
    await record({ entity: 'datapoints', verb: VERBS[kind], id, before: facts, told: false })
  })
  wake(broker)
  return id
}

/** Without a broker the job waits until the historian looks by itself. */
function wake({ connected }: Broker): void {
  connected?.nc.publish(connected.names.subjects.historian('work'))
}

const WAIT_MS = 10_000
const FIRST_PAUSE_MS = 20
const MAX_PAUSE_MS = 500

/** The job when it has ended, or as far as it has come after ten seconds. */
export async function waitForJob(
  { db }: Pick<HistorianParts, 'db'>,
  kind: HistorianJobKind,
  id: HistorianJobId,
): Promise<HistorianJob> {
  const deadline = performance.now() + WAIT_MS
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    const job = await readJob(db, kind, id)
    if (job.ended_on !== null || performance.now() + pauseMs > deadline) return job
    await delay(pauseMs)
  }
}
