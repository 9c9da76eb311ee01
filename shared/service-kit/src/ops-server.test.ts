import { afterEach, expect, test } from 'vitest'
import { HealthChecks } from './health.ts'
import { createMetrics } from './metrics.ts'
import { type OpsServer, startOpsServer } from './ops-server.ts'

let server: OpsServer | undefined
afterEach(() => server?.close())

async function start(health = new HealthChecks()) {
  const metrics = createMetrics('ingest')
  server = await startOpsServer({ host: '127.0.0.1', port: 0, metrics, health })
  return { metrics, url: `http://127.0.0.1:${server.port}` }
}

test('is not ready while a component is away, and says which and why', async () => {
  const health = new HealthChecks()
  health.add('database', () => {
    throw new Error('connection refused')
  })
  health.add('broker', () => undefined)
  const { url } = await start(health)
  const ready = await fetch(`${url}/ready`)
  expect(ready.status).toBe(503)
  expect(await ready.json()).toEqual({
    status: 'degraded',
    components: { database: 'connection refused', broker: 'ok' },
  })
  expect((await fetch(`${url}/health`)).status).toBe(200)
})

test('shows metrics with the service as a label, and reads gauges at the scrape', async () => {
  const { metrics, url } = await start()
  metrics.counter('rows_total', 'Rows', ['kind']).inc({ kind: 'late' }, 2)
  metrics.gauge('lag', 'Lag', [], (gauge) => gauge.set(7))
  const text = await (await fetch(`${url}/metrics`)).text()
  expect(text).toMatch(/webmacs_rows_total\{kind="late",service="ingest"\} 2/)
  expect(text).toMatch(/webmacs_lag\{service="ingest"\} 7/)
})

test('refuses other paths and methods', async () => {
  const { url } = await start()
  expect((await fetch(`${url}/nothing`)).status).toBe(404)
  expect((await fetch(`${url}/health`, { method: 'POST' })).status).toBe(405)
})
