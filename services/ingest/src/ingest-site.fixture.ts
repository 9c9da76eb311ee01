import { type DeadReadings, type EventId, type Frame, newId, type Watermark } from '@webmacs/contracts'
import { createLogger, type RunningService } from '@webmacs/service-kit'
import {
  createTestBus,
  createTestDatabase,
  startTcpProxy,
  type TcpProxy,
  type TestBus,
  type TestDatabase,
  until,
} from '@webmacs/testing'
import { sql } from 'kysely'
import { startIngest } from './app.ts'
import { loadIngestConfig } from './config.ts'

/** One place with a broker, a database behind a proxy, and writers. */
export interface Site extends AsyncDisposable {
  readonly bus: TestBus['bus']
  readonly db: TestDatabase['db']['db']
  readonly databaseProxy: TcpProxy
  readonly environment: NodeJS.ProcessEnv
  startWriter(environment?: NodeJS.ProcessEnv): Promise<RunningService>
  addEvents(count: number): Promise<EventId[]>
  publish(message: Frame | readonly Frame[]): Promise<number>
  publishRaw(text: string | Uint8Array, source?: string): Promise<number>
  /** What a writer took with it into the grave comes again so soon; the usual ten seconds are there for slow commits. */
  redeliverAfter(ackWaitMs: number): Promise<void>
  /** Waits until the writers have acknowledged all that is in the stream. */
  untilAcked(timeoutMs?: number): Promise<void>
  rowsOf(event: EventId): Promise<{ time: number; value: number | null; quality: number }[]>
  countRows(): Promise<number>
  deadLetters(): Promise<DeadReadings[]>
  /** Rollups that differ from what the stored rows give, as text; empty when all is right. */
  wrongRollups(): Promise<unknown[]>
  watermarks(): Watermark[]
}

export async function startSite(): Promise<Site> {
  const database = await createTestDatabase()
  const testBus = await createTestBus()
  const databaseProxy = await startTcpProxy(database.url)
  const { bus } = testBus
  const { db } = database.db
  const writers: RunningService[] = []
  const watermarks: Watermark[] = []
  const subscription = bus.nc.subscribe(bus.names.subjects.allWatermarks, {
    callback: (_err, message) => void watermarks.push(message.json()),
  })
  const environment = {
    NATS_URL: testBus.url,
    WEBMACS_BUS_PREFIX: testBus.prefix,
    DATABASE_URL: databaseProxy.url,
    OPS_PORT: '0',
    LOG_LEVEL: 'fatal',
  }
  const publishRaw = async (text: string | Uint8Array, source = 'lab-1'): Promise<number> =>
    (await bus.js.publish(bus.names.subjects.readings(source), text)).seq
  return {
    bus,
    db,
    databaseProxy,
    environment,
    startWriter: async (more = {}) => {
      const log = createLogger({ service: 'ingest', level: 'fatal' })
      const context = { log, signal: new AbortController().signal }
      const writer = await startIngest(loadIngestConfig({ ...environment, ...more }), context)
      writers.push(writer)
      return writer
    },
    addEvents: (count) => addEvents(db, count),
    publish: (message) => publishRaw(JSON.stringify(message), [message].flat()[0]?.source),
    publishRaw,
    redeliverAfter: async (ackWaitMs) => {
      const { streams, durables } = bus.names
      await bus.jsm.consumers.update(streams.readings, durables.ingest, { ack_wait: ackWaitMs * 1_000_000 })
    },
    untilAcked: async (timeoutMs = 10_000) => {
      await until('all messages are acknowledged', () => isAllAcked(bus), { timeoutMs })
    },
    rowsOf: async (event) => {
      const rows = await db
        .selectFrom('datapoints')
        .innerJoin('events', 'events.id', 'datapoints.event_id')
        .select(['ts as time', 'value', 'quality'])
        .where('events.public_id', '=', event)
        .orderBy('ts')
        .execute()
      return rows
    },
    countRows: async () => {
      const { count } = await db
        .selectFrom('datapoints')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      return count
    },
    deadLetters: () => readDeadLetters(bus),
    wrongRollups: async () => (await WRONG_ROLLUPS.execute(db)).rows,
    watermarks: () => watermarks,
    [Symbol.asyncDispose]: async () => {
      databaseProxy.resume()
      await Promise.all(writers.map((writer) => writer.stop()))
      subscription.unsubscribe()
      await databaseProxy[Symbol.asyncDispose]()
      await testBus[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}

export async function addEvents(db: Site['db'], count: number): Promise<EventId[]> {
  const ids = Array.from({ length: count }, () => newId('evt'))
  const rows = ids.map((public_id) => ({
    public_id,
    name: public_id,
    min_value: 0,
    max_value: 100,
    unit: '°C',
    type: 'sensor' as const,
    user_id: null,
  }))
  await db.insertInto('events').values(rows).execute()
  return ids
}

export async function isAllAcked(bus: Site['bus']): Promise<boolean> {
  const info = await bus.jsm.consumers.info(bus.names.streams.readings, bus.names.durables.ingest)
  return info.num_pending === 0 && info.num_ack_pending === 0
}

async function readDeadLetters(bus: Site['bus']): Promise<DeadReadings[]> {
  const { state } = await bus.jsm.streams.info(bus.names.streams.dead)
  const letters: DeadReadings[] = []
  for (let seq = state.first_seq; seq > 0 && seq <= state.last_seq; seq += 1) {
    const stored = await bus.jsm.streams.getMessage(bus.names.streams.dead, { seq })
    if (stored !== null) letters.push(stored.json())
  }
  return letters
}

const WRONG_ROLLUPS = sql<unknown>`
  WITH expected AS (
    SELECT event_id, date_trunc('minute', ts) AS bucket, count(*) AS count, sum(value) AS sum, sum(value * value) AS sum_sq,
      min(value) AS min, max(value) AS max, min(ts) AS first_at, max(ts) AS last_at,
      (array_agg(value ORDER BY ts))[1] AS first, (array_agg(value ORDER BY ts DESC))[1] AS last,
      (array_agg(ts ORDER BY value, ts))[1] AS min_at, (array_agg(ts ORDER BY value DESC, ts))[1] AS max_at
    FROM datapoints WHERE value IS NOT NULL AND quality & 3 <> 2 GROUP BY 1, 2
  )
  SELECT event_id, bucket, expected.*, stored.* FROM expected FULL JOIN
    (SELECT * FROM datapoint_rollups WHERE resolution = 60) stored USING (event_id, bucket)
  WHERE (expected.count, expected.min, expected.max, expected.first_at, expected.last_at, expected.first, expected.last,
      expected.min_at, expected.max_at)
    IS DISTINCT FROM (stored.count, stored.min, stored.max, stored.first_at, stored.last_at, stored.first, stored.last,
      stored.min_at, stored.max_at)
    OR abs(expected.sum - stored.sum) > 1e-6 * greatest(1, abs(expected.sum))
    OR abs(expected.sum_sq - stored.sum_sq) > 1e-6 * greatest(1, expected.sum_sq)`
