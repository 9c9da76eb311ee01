import { setTimeout as delay } from 'node:timers/promises'
import { isDatabaseAway, isTransient } from '@webmacs/database'
import type pg from 'pg'
import { inTransaction } from '../commit/in-transaction.ts'
import type { MaintenanceContext } from '../maintenance/task.ts'
import { holdRolling, holdRollups } from '../rollups/hold-rollups.ts'
import { deletePart } from './delete-part.ts'
import { holdLimits } from './historian-limits.ts'
import { advanceJob, beginAttempt, endJob, holdJob, type Job, leaveAttempt, oldestJob } from './job.ts'
import { chooseWindow } from './part-window.ts'
import { repairPart } from './repair-part.ts'

/** Advisory lock of whoever carries out a part: one process at a time, and none when it dies. */
const JOBS_LOCK = 7_031_010

const PARTS = { delete: deletePart, repair: repairPart } as const satisfies Record<Job['kind'], unknown>

export interface JobCounts extends Record<string, number> {
  /** Jobs that ended. */
  jobs: number
  parts: number
  /** Datapoints deleted and rollups made anew. */
  done: number
}

type Outcome = 'taken' | 'ended' | { readonly done: number; readonly isLast: boolean }

/** Attempts of one part, before its job counts as failed; locks that others were given instead do not count. */
const ATTEMPTS = 3
/** So often a part may end with the process that began it. */
const MAX_BROKEN = 5
const CONFLICT_RETRY_MS = 20
const FAILED_RETRY_MS = 1000

/**
 * Carries out what the historian was asked to do, oldest first, until nothing is left or another process is at it. Each part is a
 * transaction that also notes how far the work has come, so whoever goes on after a crash begins where it ended.
 * @throws when the database is away, or the signal fired in the middle of a part
 */
export async function carryOutJobs({ database, log, signal }: MaintenanceContext): Promise<JobCounts> {
  const counts: JobCounts = { jobs: 0, parts: 0, done: 0 }
  let failures = 0
  while (!signal.aborted) {
    const id = await oldestJob(database)
    if (id === undefined) break
    const attempt = await beginAttempt(database, id)
    if (attempt === undefined) break
    if (attempt > MAX_BROKEN) {
      await inTransaction(database, (client) => giveUp(client, id, new Error(BROKEN)))
      continue
    }
    try {
      const outcome = await inTransaction(database, (client) => carryOutPart(client, id))
      if (outcome === 'taken') {
        await leaveAttempt(database, id)
        break
      }
      if (outcome === 'ended') continue
      failures = 0
      counts.parts += 1
      counts.done += outcome.done
      if (!outcome.isLast) continue
      counts.jobs += 1
      log.info({ event: 'historian-job.done', job: id }, 'job of the historian done')
    } catch (err) {
      // Without a database it stays counted, like an attempt whose process was killed.
      await leaveAttempt(database, id).catch(() => undefined)
      if (signal.aborted || isDatabaseAway(err)) throw err
      if (isTransient(err)) await delay(Math.random() * CONFLICT_RETRY_MS, undefined, { signal }).catch(() => undefined)
      else {
        failures += 1
        log.error({ event: 'historian-job.failed', job: id, attempt: failures, err }, 'part of a job could not be done')
        if (failures < ATTEMPTS) await delay(FAILED_RETRY_MS, undefined, { signal }).catch(() => undefined)
        else {
          await inTransaction(database, (client) => giveUp(client, id, err))
          failures = 0
        }
      }
    }
  }
  return counts
}

async function carryOutPart(client: pg.ClientBase, id: number): Promise<Outcome> {
  const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS taken', [JOBS_LOCK])
  if (rows[0]?.taken !== true) return 'taken'
  // Deletions make coarse rollups beyond what is healed; whoever closes hours takes the locks in this order too.
  await holdRolling(client)
  const closedUntil = await holdRollups(client)
  const limits = await holdLimits(client)
  const job = await holdJob(client, id)
  if (job === undefined) return 'ended'
  const part = await chooseWindow(client, job)
  const done = await PARTS[job.kind](client, job, part, { ...limits, closedUntil })
  await advanceJob(client, job, { done, position: { at: part.to, span: part.nextSpan } })
  const isLast = part.to >= job.to
  if (isLast) await endJob(client, job)
  return { done, isLast }
}

const BROKEN = `its process ended ${MAX_BROKEN} times before a part of it was done`
const MAX_ERROR_CHARACTERS = 500

async function giveUp(client: pg.ClientBase, id: number, err: unknown): Promise<void> {
  const job = await holdJob(client, id)
  if (job === undefined) return
  const text = err instanceof Error ? err.message : String(err)
  await endJob(client, job, text.slice(0, MAX_ERROR_CHARACTERS))
}
