import { randomBytes } from 'node:crypto'
import { createTokenKey, signToken } from '@webmacs/auth'
import { type EventId, type Micros, newId, nowMicros } from '@webmacs/contracts'
import { type Database, ensurePartitions, moment, partitionsBetween } from '@webmacs/database'
import { sql } from 'kysely'
import { fillRollups } from '../fill-rollups.ts'
import type { BenchDatabase } from '../site.ts'

/** An installation of some size, as rows: the benchmarks measure reading and writing it, not its making. */
export interface Plant {
  readonly secret: string
  readonly token: string
  /** Events that are linked to an enabled plugin instance. */
  readonly linked: readonly EventId[]
}

const MORE_EVENTS = 500
const DASHBOARDS = 100
const WIDGETS = 8
const SAMPLED_EVENTS = 100
const INTERVAL: Micros = 1_000_000

/** 1,000 events, half of them linked, 100 dashboards of eight widgets, 10 million datapoints with their rollups. */
export async function buildPlant({ database, events }: BenchDatabase, datapoints: number): Promise<Plant> {
  const { db } = database
  const user = await db
    .insertInto('users')
    .values({ public_id: newId('usr'), email: 'bench@example.com', username: 'bench', role: 'admin' })
    .returning(['id', 'public_id'])
    .executeTakeFirstOrThrow()
  await db
    .insertInto('events')
    .values(Array.from({ length: MORE_EVENTS }, moreEvent))
    .execute()
  await link(database, events, user.id)
  for (let count = 0; count < DASHBOARDS; count += 1) await addDashboard(database, events, user.id, count)
  await fillHistory(database, events.slice(0, SAMPLED_EVENTS), datapoints)
  const secret = randomBytes(32).toString('hex')
  const session = { user: user.public_id, role: 'admin', version: 1, lifetimeMinutes: 600 } as const
  const { token } = await signToken(createTokenKey(secret), session)
  return { secret, token, linked: events.map(({ publicId }) => publicId) }
}

const moreEvent = (_: unknown, index: number) => ({
  public_id: newId('evt'),
  name: `More ${index}`,
  min_value: 0,
  max_value: 100,
  unit: 'bar',
  type: 'sensor' as const,
})

async function link({ db }: Database, events: BenchDatabase['events'], userId: number): Promise<void> {
  const controller = await db
    .insertInto('controllers')
    .values({ name: 'external' })
    .returning('id')
    .executeTakeFirstOrThrow()
  const instance = await db
    .insertInto('plugin_instances')
    .values({
      public_id: newId('plg'),
      controller_id: controller.id,
      plugin_id: 'external',
      instance_name: 'Load test',
      demo_mode: false,
      enabled: true,
      config: '{}',
      user_id: userId,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  const mappings = events.map(({ id }, index) => ({
    public_id: newId('map'),
    instance_id: instance.id,
    channel_id: `channel-${index}`,
    channel_name: `Channel ${index}`,
    direction: 'input' as const,
    unit: '°C',
    event_id: id,
  }))
  await db.insertInto('channel_mappings').values(mappings).execute()
}

async function addDashboard({ db }: Database, events: BenchDatabase['events'], userId: number, count: number) {
  const { id } = await db
    .insertInto('dashboards')
    .values({ public_id: newId('dsh'), name: `Dashboard ${count}`, is_global: count % 2 === 0, user_id: userId })
    .returning('id')
    .executeTakeFirstOrThrow()
  const widgets = Array.from({ length: WIDGETS }, (_, index) => ({
    public_id: newId('wdg'),
    dashboard_id: id,
    widget_type: 'stat_card',
    title: `Widget ${index}`,
    event_id: events[index]?.id ?? null,
    ...{ x: 0, y: index, w: 4, h: 3 },
  }))
  await db.insertInto('dashboard_widgets').values(widgets).execute()
}

/** One reading a second of each event, up to now. */
async function fillHistory(database: Database, events: BenchDatabase['events'], datapoints: number): Promise<void> {
  const { db } = database
  const each = Math.ceil(datapoints / events.length)
  const to = Math.floor(nowMicros() / INTERVAL) * INTERVAL
  const from = to - each * INTERVAL
  await ensurePartitions(db, partitionsBetween(from, to))
  for (const { id } of events) {
    await sql`
      INSERT INTO datapoints (event_id, ts, value, quality)
      SELECT ${id}, at, 50 + 20 * sin(extract(epoch FROM at) / 600), 0
      FROM generate_series(${moment(from)}, ${moment(to)}, interval '1 second') AS at`.execute(db)
  }
  await fillRollups(database, to)
}
