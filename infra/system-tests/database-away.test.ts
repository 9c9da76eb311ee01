import type { EventId, Frame } from '@webmacs/contracts'
import { until } from '@webmacs/testing'
import { expect, test } from 'vitest'
import { ADMIN, type Plant, startPlant } from './src/cut-cable/plant.ts'

const CHANNELS = 50
const INTERVAL_MS = 100
const BATCH_ROWS = 1000
/** Of the stream's bytes: at 80 % nothing more is taken, at 100 % something would be lost. */
const FILLED_SHARE = 0.85
const MIB = 1024 * 1024

/** Logs in, and gives what sends one reading. */
async function reporter({ apiUrl, events }: Plant): Promise<() => Promise<Response>> {
  const url = await apiUrl()
  const send = (path: string, body: object, token?: string) =>
    fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    })
  const { access_token } = (await (await send('/auth/login', ADMIN)).json()) as { access_token: string }
  return () => send('/datapoints', { event_public_id: events[0], value: 1 }, access_token)
}

/** Frames of another source, until so much of the stream's bytes are on their way to the database. */
async function fillStream({ bus, events }: Plant, maxBytes: number): Promise<number> {
  const { readings } = bus.names.streams
  const values = Object.fromEntries(events.map((event): [EventId, number] => [event, 1]))
  const start = Date.now() - 3_600_000
  let seq = 0
  while ((await bus.jsm.streams.info(readings)).state.bytes < FILLED_SHARE * maxBytes) {
    for (let count = 0; count < 20; count++) {
      seq += 1
      const time = new Date(start + seq).toISOString()
      const frame: Frame = { source: 'filler', epoch: 'e1', seq, time, values }
      await bus.js.publish(bus.names.subjects.readings('filler'), JSON.stringify(frame))
    }
  }
  return seq
}

test('holds everybody back while the database is away, and has lost nothing when it is back', async () => {
  await using plant = await startPlant({
    channels: CHANNELS,
    intervalMs: INTERVAL_MS,
    environment: { OUTBOX_AUDIT_INTERVAL_MS: '1000' },
    ingest: { BATCH_MAX_ROWS: String(BATCH_ROWS) },
  })
  const { bus, db, databaseCable } = plant
  for (const service of ['ingest', 'api', 'controller'] as const) await plant.start(service)
  const report = await reporter(plant)
  const isTaken = async () => (await report()).status === 201
  await until('the api takes a reading', isTaken, { timeoutMs: 30_000 })
  await until('readings are stored', async () => (await plant.metric('ingest_rows_total', 'ingest')) > 5 * CHANNELS, {
    timeoutMs: 30_000,
  })

  databaseCable.refuse()
  const maxBytes = 8 * MIB
  await bus.jsm.streams.update(bus.names.streams.readings, { max_bytes: maxBytes })
  const memory = () => plant.metric('process_resident_memory_bytes', 'ingest')
  const before = await memory()
  const filled = await fillStream(plant, maxBytes)
  const refused = await until(
    'the api refuses',
    async () => {
      const answer = await report()
      return answer.status === 503 ? answer : undefined
    },
    { timeoutMs: 30_000 },
  )
  expect(await refused.json()).toMatchObject({ code: 'historian.behind' })
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)

  // Two batches under way, two that wait for them, the one that fills, and one pull: whatever is published.
  const { num_ack_pending, num_pending } = await bus.jsm.consumers.info(
    bus.names.streams.readings,
    bus.names.durables.ingest,
  )
  expect(num_ack_pending).toBeLessThanOrEqual((5 * BATCH_ROWS) / CHANNELS + 128)
  expect(num_pending).toBeGreaterThan(filled / 2)
  expect((await memory()) - before).toBeLessThan(64 * MIB)
  await until('the lag is told', async () => (await plant.metric('ingest_lag_share', 'ingest')) >= 0.8)
  expect(await plant.metric('ingest_lag_seconds', 'ingest')).toBeGreaterThan(0)
  const kept = await plant.metric('controller_outbox_frames')
  await until('the controller keeps what nobody confirms', async () => {
    return (await plant.metric('controller_outbox_frames')) > kept + 10
  })
  // Nothing was dropped yet that is not stored.
  const { state } = await bus.jsm.streams.info(bus.names.streams.readings)
  const { ack_floor } = await bus.jsm.consumers.info(bus.names.streams.readings, bus.names.durables.ingest)
  expect(state.first_seq).toBeLessThanOrEqual(ack_floor.stream_seq + 1)

  databaseCable.resume()
  await until('the api takes again', isTaken, { timeoutMs: 30_000 })
  await until('the lag is gone', async () => (await plant.metric('ingest_lag_seconds', 'ingest')) < 1, {
    timeoutMs: 30_000,
  })
  await until('the outbox is confirmed', async () => (await plant.metric('controller_outbox_frames')) <= kept, {
    timeoutMs: 30_000,
  })
  await plant.kill('controller')
  const recorded = await plant.recorded()
  await until('all is stored', async () => {
    const info = await bus.jsm.consumers.info(bus.names.streams.readings, bus.names.durables.ingest)
    return info.num_pending === 0 && info.num_ack_pending === 0
  })
  const { rows: sources } = await db.pool.query<{ source: string; committed: string }>(
    `SELECT source, committed::text FROM reading_sources WHERE source IN ('lab-1', 'filler') ORDER BY source`,
  )
  expect(sources.map(({ source }) => source)).toEqual(['filler', 'lab-1'])
  expect(sources[0]?.committed).toBe(`{[1,${filled + 1})}`)
  expect(sources[1]?.committed).toMatch(/^\{\[1,\d+\)\}$/)
  const { rows: stored } = await db.pool.query<{ value: number }>(
    'SELECT value FROM datapoints JOIN events ON events.id = event_id WHERE public_id = $1',
    [plant.events[1]],
  )
  const isStored = new Set(stored.map(({ value }) => value))
  // The last ones the plugin had given when the controller was killed.
  expect(recorded.filter((value) => !isStored.has(value)).length).toBeLessThanOrEqual(2)
})
