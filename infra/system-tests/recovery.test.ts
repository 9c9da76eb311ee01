import { openDatabase } from '@webmacs/database'
import { until } from '@webmacs/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type System, startSystem } from './src/system.ts'

let system: System
beforeAll(async () => {
  system = await startSystem()
})
afterAll(() => system[Symbol.asyncDispose]())

async function health(): Promise<{ status: string; database: string; broker: string; last_datapoint: string | null }> {
  return (await fetch(`${system.url}/health`)).json() as ReturnType<typeof health>
}

/** Waits for a reading that was sampled after now. */
async function untilNewReading(): Promise<void> {
  const since = new Date().toISOString()
  await until('a reading from after now is stored', async () => ((await health()).last_datapoint ?? '') > since, {
    timeoutMs: 60_000,
  })
}

async function kill(service: string): Promise<void> {
  const { services } = await system.runtime()
  const pid = services[service]?.pid
  if (pid === undefined) throw new Error(`no service ${service}`)
  process.kill(pid, 'SIGKILL')
  await until(
    `${service} runs again`,
    async () => ((await system.runtime()).services[service]?.restarts ?? 0) > (services[service]?.restarts ?? 0),
  )
}

test('reads the machine and the simulated reactor from the first start', async () => {
  await untilNewReading()
  const report = await health()
  expect(report).toMatchObject({ status: 'ok', database: 'ok', broker: 'ok' })
})

test.each(['controller', 'fanout', 'api', 'export', 'gateway'])('goes on after a kill -9 of %s', async (service) => {
  await kill(service)
  await until(`answers after ${service}`, async () => (await health()).status === 'ok', { timeoutMs: 30_000 })
  await untilNewReading()
})

test('loses and doubles nothing when ingest is killed again and again', async () => {
  for (let round = 0; round < 3; round++) {
    await untilNewReading()
    await kill('ingest')
  }
  await untilNewReading()
  const { database } = await system.runtime()
  const db = openDatabase({ url: database.url, maxConnections: 1, applicationName: 'test' })
  try {
    // Every sequence number of every source is there: one range from 1 without a gap.
    const gaps = await until(
      'no gap is left',
      async () => {
        const { rows } = await db.pool.query(
          `SELECT source, epoch, committed::text FROM reading_sources ORDER BY updated_on`,
        )
        const open = rows.filter(({ committed }) => !/^\{\[1,\d+\)\}$/.test(committed))
        return open.length === 0 ? 'none' : undefined
      },
      { timeoutMs: 45_000 },
    )
    expect(gaps).toBe('none')
    // Rows and rollups tell the same: nothing was counted twice.
    const { rows } = await db.pool.query(`
      SELECT (SELECT count(*) FROM datapoints WHERE value IS NOT NULL AND quality & 3 <> 2 AND ts < date_trunc('minute', now())) AS rows,
             (SELECT coalesce(sum(count), 0) FROM datapoint_rollups WHERE resolution = 60 AND bucket < date_trunc('minute', now())) AS counted`)
    expect(Number(rows[0].counted)).toBe(Number(rows[0].rows))
  } finally {
    await db.close()
  }
})

test('comes back by itself after PostgreSQL and NATS were killed', async () => {
  const { database, nats } = await system.runtime()
  process.kill(database.pid, 'SIGKILL')
  process.kill(nats.pid, 'SIGKILL')
  await untilNewReading()
  expect((await health()).status).toBe('ok')
  await until('runtime.json names the new processes', async () => {
    const after = await system.runtime()
    return after.database.pid !== database.pid && after.nats.pid !== nats.pid
  })
})
