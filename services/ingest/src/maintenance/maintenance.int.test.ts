import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type EventId, formatTime, nowMicros } from '@webmacs/contracts'
import { createLogger, createMetrics } from '@webmacs/service-kit'
import { aFrame, until, valuesOf } from '@webmacs/testing'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { type Site, startSite } from '../ingest-site.fixture.ts'
import { Maintenance } from './maintenance.ts'
import { createMaintenanceMetrics } from './metrics.ts'
import { DAY, HOUR, isHealed, wrongAnywhere } from './rollups.fixture.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))

async function startProcess(site: Site): Promise<ChildProcess> {
  const child = fork(MAIN, { env: { ...process.env, ...site.environment }, stdio: 'inherit' })
  await once(child, 'message') // ready
  return child
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const exited = once(child, 'exit')
  child.kill(signal)
  const [code] = await exited
  return code
}

const runnersOf = async ({ db }: Site): Promise<string[]> => {
  const rows = await db.selectFrom('maintenance_runs').select('runner').orderBy('id').execute()
  return rows.map(({ runner }) => runner)
}
const newest = async (site: Site): Promise<string | undefined> => (await runnersOf(site)).at(-1)
const isOf = (runner: string | undefined, { pid }: ChildProcess): boolean => runner?.endsWith(`:${pid}`) ?? false

test('one process maintains, however many there are, and another one takes over when it is killed', {
  timeout: 60_000,
}, async () => {
  await using site = await startSite()
  const first = await startProcess(site)
  await until('the first one maintains', async () => isOf(await newest(site), first))
  const second = await startProcess(site)
  const { id } = await site.db
    .selectFrom('maintenance_runs')
    .select(({ fn }) => fn.max('id').as('id'))
    .executeTakeFirstOrThrow()
  await until('some more runs', async () => {
    const runs = await site.db.selectFrom('maintenance_runs').where('id', '>', id).select('runner').execute()
    expect(runs.every(({ runner }) => isOf(runner, first))).toBe(true)
    return runs.length > 0
  })
  await end(first, 'SIGKILL')
  await until('the second one maintains', async () => isOf(await newest(site), second), { timeoutMs: 20_000 })
  expect(await end(second, 'SIGTERM')).toBe(0)
})

test('goes on where it was killed, again and again, and every level is right in the end', {
  timeout: 120_000,
}, async () => {
  await using site = await startSite()
  await site.addEvents(5)
  const closed = Math.floor((nowMicros() - 360_000_000) / HOUR) * HOUR
  const from = Math.floor(closed / DAY) * DAY - 20 * DAY
  await sql`
    INSERT INTO datapoint_rollups SELECT events.id, 60, at, 1, 5, 25, 5, at, 5, at, 5, at, 5, at
    FROM events, generate_series(timestamptz 'epoch' + ${from}::int8 * interval '1 microsecond',
      timestamptz 'epoch' + ${from + 20 * DAY}::int8 * interval '1 microsecond' - interval '1 minute', interval '7 minutes') AS at`.execute(
    site.db,
  )
  const closedUntil = async (): Promise<number> =>
    (await site.db.selectFrom('historian_state').select('closed_until').executeTakeFirstOrThrow()).closed_until
  for (const days of [1, 3, 6]) {
    const child = await startProcess(site)
    await until(`${days} days are closed`, async () => (await closedUntil()) > from + days * DAY, { timeoutMs: 30_000 })
    await end(child, 'SIGKILL')
  }
  await site.startWriter()
  await until('all is made', () => isHealed(site, closed), { timeoutMs: 60_000 })
  const { rows } = await sql<{ resolution: number; count: number }>`
    SELECT resolution, sum(count)::int8 AS count FROM datapoint_rollups GROUP BY 1 ORDER BY 1`.execute(site.db)
  expect(new Set(rows.map(({ count }) => count)).size).toBe(1)
  expect(rows).toHaveLength(5)
  const { rows: broken } = await sql`SELECT FROM maintenance_runs WHERE error LIKE 'its process ended%'`.execute(
    site.db,
  )
  expect(broken.length).toBeGreaterThan(0)
})

test('keeps of runs that changed nothing only the newest, and tells of those that failed', async () => {
  await using site = await startSite()
  await site.startWriter()
  const work = () => site.bus.nc.publish(site.bus.names.subjects.historian('work'))
  const runs = () =>
    site.db.selectFrom('maintenance_runs').where('task', '=', 'rollups').selectAll().orderBy('id').execute()
  await until('a run ended', async () => (await runs()).at(-1)?.ended_on)
  for (let count = 0; count < 3; count += 1) {
    const last = (await runs()).at(-1)?.id ?? 0
    work()
    await until('another run ended', async () =>
      (await runs()).some(({ id, ended_on }) => id > last && ended_on !== null),
    )
  }
  await until('one is left', async () => (await runs()).length === 1)
  await sql`ALTER TABLE stale_rollups RENAME TO stale_rollups_away`.execute(site.db)
  work()
  await until('a failure is told', async () => (await runs()).some(({ error }) => error?.includes('stale_rollups')))
  await sql`ALTER TABLE stale_rollups_away RENAME TO stale_rollups`.execute(site.db)
  work()
  await until('it goes on', async () => (await runs()).at(-1)?.error === null && (await runs()).at(-1)?.ended_on, {
    timeoutMs: 20_000,
  })
})

test('goes on after its connection was cut', async () => {
  await using site = await startSite()
  await site.startWriter()
  await until('it maintains', async () => (await runnersOf(site)).length > 0)
  site.databaseProxy.refuse()
  site.databaseProxy.resume()
  const [event] = (await site.addEvents(1)) as [EventId]
  const closed = Math.floor((nowMicros() - 360_000_000) / HOUR) * HOUR
  await site.publish(aFrame({ time: formatTime(closed - DAY), values: valuesOf([[event, 1]]) }))
  await site.untilAcked(20_000)
  await until('all is made', () => isHealed(site, closed), { timeoutMs: 20_000 })
  expect(await wrongAnywhere(site, Math.floor(closed / DAY) * DAY - 2 * DAY, Math.floor(closed / DAY) * DAY)).toEqual(
    [],
  )
})

test('a maintainer that froze in a transaction loses its locks', async () => {
  await using site = await startSite()
  const settings: string[] = []
  const maintenance = new Maintenance({
    databaseUrl: site.databaseProxy.url,
    metrics: createMaintenanceMetrics(createMetrics('ingest')),
    log: createLogger({ service: 'ingest', level: 'fatal' }),
    tasks: [
      {
        name: 'rollups',
        everyMs: 60_000,
        onWork: false,
        run: async ({ database }) => {
          const { rows } = await database.pool.query<{ idle: string }>(
            `SELECT current_setting('idle_in_transaction_session_timeout') AS idle`,
          )
          settings.push(...rows.map(({ idle }) => idle))
          return { counts: {} }
        },
      },
    ],
  })
  await until('it ran', () => settings.length > 0)
  await maintenance.stop(5000)
  expect(settings).toEqual(['30s'])
})
