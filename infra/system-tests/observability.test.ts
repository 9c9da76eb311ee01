import { connectBus } from '@webmacs/bus'
import { Frame } from '@webmacs/contracts'
import { createValidator } from '@webmacs/contracts/validation'
import { quietLog, until } from '@webmacs/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type System, startSystem } from './src/system.ts'

let system: System
beforeAll(async () => {
  system = await startSystem()
})
afterAll(() => system[Symbol.asyncDispose]())

async function connectOperator() {
  const { nats } = await system.runtime()
  return connectBus({ url: nats.operatorUrl, name: 'operator', log: { ...quietLog, error: () => undefined } })
}

test('lists every service to the operator', async () => {
  const bus = await connectOperator()
  const names = new Set<string>()
  for await (const reply of await bus.nc.requestMany('$SRV.PING', '', { maxWait: 1500, strategy: 'timer' })) {
    names.add(reply.json<{ name: string }>().name)
  }
  expect([...names].sort()).toEqual(['api', 'controller', 'export', 'fanout', 'ingest'])
  await bus.close()
})

test('shows the operator readable frames as they are sampled', async () => {
  const bus = await connectOperator()
  const validate = createValidator(Frame, 'frame')
  const subscription = bus.nc.subscribe(bus.names.subjects.allReadings)
  for await (const message of subscription) {
    expect(message.subject).toBe('webmacs.readings.local')
    expect(validate(message.json())).toMatchObject({ ok: true })
    break
  }
  await bus.close()
})

test('lets the operator publish no reading', async () => {
  const bus = await connectOperator()
  const refused = Promise.withResolvers<string>()
  void (async () => {
    for await (const status of bus.nc.status()) if (status.type === 'error') refused.resolve(String(status.error))
  })()
  bus.nc.publish(bus.names.subjects.readings('local'), '{}')
  expect(await refused.promise).toMatch(/permissions violation/i)
  await bus.close()
})

test('reports health below both addresses', async () => {
  const last = await until('a reading is stored', async () => {
    const report = (await (await fetch(`${system.url}/health`)).json()) as Record<string, unknown>
    return report.last_datapoint === null ? undefined : report
  })
  expect(last).toMatchObject({ status: 'ok', database: 'ok', broker: 'ok', version: '3.0.0' })
  expect(last.uptime_seconds).toBeGreaterThan(0)
  const other = (await (await fetch(`${system.url}/api/v1/health`)).json()) as Record<string, unknown>
  expect(Object.keys(other).sort()).toEqual(Object.keys(last).sort())
})

test('serves metrics and readiness of every service, on loopback', async () => {
  const { services } = await system.runtime()
  for (const [name, { opsPort }] of Object.entries(services)) {
    const metrics = await (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text()
    expect(metrics).toContain(`service="${name}"`)
    expect((await fetch(`http://127.0.0.1:${opsPort}/ready`)).status).toBe(200)
  }
})

test('serves the API page without asking anybody outside', async () => {
  const page = await (await fetch(`${system.url}/docs`)).text()
  expect(page).not.toMatch(/https?:\/\/(?!127\.0\.0\.1|localhost)[^"'\s]*\.(js|css|woff2?)/)
  const openapi = (await (await fetch(`${system.url}/openapi.json`)).json()) as {
    openapi: string
    paths: Record<string, unknown>
  }
  expect(openapi.openapi).toMatch(/^3\.1/)
  expect(Object.keys(openapi.paths)).toContain('/api/v1/events')
})
