import type { HistorianJobId, HistorianJobKind, Micros } from '@webmacs/contracts'
import type { Database } from '@webmacs/database'
import type pg from 'pg'

/** How far the work has come: what lies before `at` is done, and the next part tries to span so much. */
export interface JobPosition {
  readonly at: Micros
  readonly span: Micros
}

export interface Job {
  readonly id: number
  readonly public_id: HistorianJobId
  readonly kind: HistorianJobKind
  readonly events: readonly number[]
  readonly from: Micros
  readonly to: Micros
  /** null: nothing was done yet. */
  readonly position: JobPosition | null
}

/** Key of the oldest job that is to be carried out; undefined: there is none. */
export async function oldestJob({ db }: Database): Promise<number | undefined> {
  const row = await db
    .selectFrom('historian_jobs')
    .select('id')
    .where('state', 'in', ['waiting', 'running'])
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  return row?.id
}

const BEGIN = `
  UPDATE historian_jobs SET attempts = attempts + 1
  WHERE id = (SELECT id FROM historian_jobs WHERE id = $1 AND state IN ('waiting', 'running') FOR UPDATE SKIP LOCKED)
  RETURNING attempts`
const LEAVE = 'UPDATE historian_jobs SET attempts = attempts - 1 WHERE id = $1 AND attempts > 0'

/**
 * Notes that a part is begun, for good: a process that the part ends with it cannot say so itself.
 * @returns how often the part has been begun; undefined: another process is at it, or it has ended
 */
export async function beginAttempt({ pool }: Database, id: number): Promise<number | undefined> {
  const { rows } = await pool.query<{ attempts: number }>(BEGIN, [id])
  return rows[0]?.attempts
}

/** Takes back that a part was begun: its process lived to see how it ended. */
export async function leaveAttempt({ pool }: Database, id: number): Promise<void> {
  await pool.query(LEAVE, [id])
}

const OPEN = `
  SELECT id, public_id, kind, from_time AS "from", to_time AS "to", position,
    coalesce(event_ids, ARRAY(SELECT events.id FROM events ORDER BY events.id)) AS events
  FROM historian_jobs WHERE id = $1 AND state IN ('waiting', 'running') FOR UPDATE`

/** The job with its lock, for as long as the transaction lasts; undefined when it has ended. */
export async function holdJob(client: pg.ClientBase, id: number): Promise<Job | undefined> {
  const { rows } = await client.query<Job>(OPEN, [id])
  return rows[0]
}

const ADVANCE = `
  UPDATE historian_jobs SET state = 'running', started_on = coalesce(started_on, clock_timestamp()), position = $2, done = done + $3, attempts = 0
  WHERE id = $1`

/** Notes a part that is done, in the transaction that did it. */
export async function advanceJob(
  client: pg.ClientBase,
  { id }: Job,
  { done, position }: { readonly done: number; readonly position: JobPosition },
): Promise<void> {
  await client.query(ADVANCE, [id, JSON.stringify(position), done])
}

/** What is told when a job has ended, as `changes.datapoints.<verb>`. */
const VERBS = { delete: 'deleted', repair: 'repaired' } as const satisfies Record<HistorianJobKind, string>

const END = `UPDATE historian_jobs SET state = $2, error = $3, ended_on = clock_timestamp() WHERE id = $1`
const TELL = `
  INSERT INTO change_outbox (entity, verb, entity_id, user_public_id)
  SELECT 'datapoints', $2, historian_jobs.public_id, users.public_id
  FROM historian_jobs LEFT JOIN users ON users.id = user_id WHERE historian_jobs.id = $1`

/**
 * Ends a job, and has the api tell so: who shows values that were deleted must never miss it, so it stands and falls with the transaction.
 * @param error why it failed; left out: it is done
 */
export async function endJob(
  client: pg.ClientBase,
  { id, kind }: Pick<Job, 'id' | 'kind'>,
  error?: string,
): Promise<void> {
  await client.query(END, [id, error === undefined ? 'done' : 'failed', error ?? null])
  await client.query(TELL, [id, VERBS[kind]])
}
