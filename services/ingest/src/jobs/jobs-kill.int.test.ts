import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { formatTime, type Micros, nowMicros } from '@webmacs/contracts'
import { ensurePartitions, partitionsBetween } from '@webmacs/database'
import { until } from '@webmacs/testing'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { type Site, startSite } from '../ingest-site.fixture.ts'
import { endedJob, makeJob } from './jobs.fixture.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
const SECOND: Micros = 1_000_000
const EVENTS = 20
const SECONDS = 30_000

async function startProcess(site: Site): Promise<ChildProcess> {
  const child = fork(MAIN, { env: { ...process.env, ...site.environment }, stdio: 'inherit' })
  await once(child, 'message') // ready
  return child
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

/** A datapoint of each event and second, with their minutes. */
async function fill({ db }: Site, from: Micros): Promise<void> {
  await ensurePartitions(db, partitionsBetween(from, from + SECONDS * SECOND))
  await sql`
    INSERT INTO datapoints (ts, event_id, value)
    SELECT ${formatTime(from)}::timestamptz + n * interval '1 second', events.id, n % 100
    FROM generate_series(0, ${SECONDS - 1}::int) AS n CROSS JOIN events`.execute(db)
  await sql`
    INSERT INTO datapoint_rollups
    SELECT event_id, 60, date_trunc('minute', ts) AS bucket, count(*), sum(value), sum(value * value),
      min(value), (array_agg(ts ORDER BY value, ts))[1], max(value), (array_agg(ts ORDER BY value DESC, ts))[1],
      (array_agg(value ORDER BY ts))[1], min(ts), (array_agg(value ORDER BY ts DESC))[1], max(ts)
    FROM datapoints GROUP BY event_id, bucket`.execute(db)
}

test('goes on with a large deletion when its process is killed, again and again, and counts nothing twice', {
  timeout: 120_000,
}, async () => {
  await using site = await startSite()
  await site.addEvents(EVENTS)
  const from = Math.floor(nowMicros() / (3600 * SECOND)) * 3600 * SECOND - 50 * 3600 * SECOND
  await fill(site, from)
  const [kept, total] = [90, SECONDS * EVENTS]
  const range = { from: from + kept * SECOND, to: from + (SECONDS - kept) * SECOND }
  const job = await makeJob(site, { kind: 'delete', events: null, ...range })
  const deleted = async (): Promise<number> => {
    const { done } = await site.db
      .selectFrom('historian_jobs')
      .select('done')
      .where('public_id', '=', job)
      .executeTakeFirstOrThrow()
    return done
  }
  for (const share of [0.05, 0.3, 0.55]) {
    const child = await startProcess(site)
    await until(`${share} is deleted`, async () => (await deleted()) > share * total, { timeoutMs: 30_000 })
    await kill(child)
    // Whatever was said to be deleted is, and nothing else.
    await until('what it had begun is over', async () => (await site.countRows()) + (await deleted()) === total)
  }
  expect(await site.db.selectFrom('historian_jobs').select('state').execute()).toEqual([{ state: 'running' }])
  const last = await startProcess(site)
  expect(await endedJob(site.db, job, 60_000)).toMatchObject({ state: 'done', done: total - 2 * kept * EVENTS })
  expect(await site.countRows()).toBe(2 * kept * EVENTS)
  expect(await site.wrongRollups()).toEqual([])
  await kill(last)
})
