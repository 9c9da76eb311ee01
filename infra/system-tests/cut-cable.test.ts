import { FrameMessage, parseTime } from '@webmacs/contracts'
import { createValidator } from '@webmacs/contracts/validation'
import { until } from '@webmacs/testing'
import { expect, test } from 'vitest'
import { type Plant, startPlant } from './src/cut-cable/plant.ts'

/** 500 readings a second. */
const CHANNELS = 50
const INTERVAL_MS = 100
const KILLS = 2

interface Arrival {
  readonly lane: 'live' | 'backlog'
  readonly time: number
}

/** Frames as they arrive at the broker, in order. */
function listen({ bus }: Plant): Arrival[] {
  const arrivals: Arrival[] = []
  const validate = createValidator(FrameMessage, 'message')
  const { allReadings, allBacklog } = bus.names.subjects
  for (const [subject, lane] of [
    [allReadings, 'live'],
    [allBacklog, 'backlog'],
  ] as const) {
    bus.nc.subscribe(subject, {
      callback: (_err, message) => {
        const result = validate(message.json())
        if (!result.ok) throw new Error(JSON.stringify(result.errors))
        for (const { time } of [result.value].flat()) arrivals.push({ lane, time: (parseTime(time) ?? 0) / 1000 })
      },
    })
  }
  return arrivals
}

/** Values of an event as they are stored, in order of their times. */
async function storedOf({ db }: Plant, event: string): Promise<number[]> {
  const { rows } = await db.pool.query<{ value: number }>(
    `SELECT value FROM datapoints JOIN events ON events.id = event_id WHERE public_id = $1 AND value IS NOT NULL ORDER BY ts`,
    [event],
  )
  return rows.map(({ value }) => value)
}

async function untilRecorded(plant: Plant, more: number): Promise<void> {
  const goal = (await plant.recorded()).length + more
  await until(`${more} more readings`, async () => (await plant.recorded()).length >= goal, { timeoutMs: 30_000 })
}

test('stores every reading once, in order and in its experiment, although all were killed while the broker was away, and names what is missing', async () => {
  await using plant = await startPlant({
    channels: CHANNELS,
    intervalMs: INTERVAL_MS,
    environment: { OUTBOX_LIVE_AGE_MS: '1000', OUTBOX_BACKLOG_RATE: '2000', OUTBOX_AUDIT_INTERVAL_MS: '1000' },
  })
  const { db, cable } = plant
  const arrivals = listen(plant)
  await db.pool.query(
    `INSERT INTO experiments (public_id, name, started_on) VALUES ('exp_000000000000', 'Run', now() - interval '1 s')`,
  )
  await plant.start('ingest')
  await plant.start('controller')
  await until('readings are stored', async () => (await storedOf(plant, String(plant.events[0]))).length >= 5, {
    timeoutMs: 30_000,
  })

  cable.refuse()
  await untilRecorded(plant, 60)
  for (let kill = 0; kill < KILLS; kill++) {
    await plant.kill('controller')
    if (kill === 0) await plant.kill('ingest')
    await plant.start('controller')
    if (kill === 0) await plant.start('ingest')
    await untilRecorded(plant, 60)
  }
  const before = arrivals.length
  const resumedAt = Date.now()
  cable.resume()
  await until('new readings arrive', () => arrivals.slice(before).some(({ time }) => time > resumedAt))
  await until('all is sent', async () => (await plant.metric('controller_outbox_unsent_frames')) === 0, {
    timeoutMs: 40_000,
  })
  await until('the ledger has the gaps', async () => (await plant.metric('controller_untold_gaps')) === 0)

  // Live values did not wait for the backlog.
  const lanes = arrivals.slice(before).map(({ lane }) => lane)
  expect(lanes[0]).toBe('live')
  expect(lanes.indexOf('live')).toBeLessThan(lanes.indexOf('backlog'))
  const newest = arrivals.findIndex(({ time }) => time > resumedAt)
  expect(newest).toBeLessThan(arrivals.findLastIndex(({ lane }) => lane === 'backlog'))

  // All that was accepted is there: of each epoch one range from 1, without a hole.
  await plant.kill('controller')
  const recorded = await plant.recorded()
  await until('what the broker had is stored', async () => {
    const { num_pending, num_ack_pending } = await plant.bus.jsm.consumers.info(
      plant.bus.names.streams.readings,
      plant.bus.names.durables.ingest,
    )
    return num_pending === 0 && num_ack_pending === 0
  })
  const { rows: sources } = await db.pool.query<{ committed: string }>(
    `SELECT committed::text FROM reading_sources WHERE source = 'lab-1'`,
  )
  expect(sources).toHaveLength(KILLS + 1)
  for (const { committed } of sources) expect(committed).toMatch(/^\{\[1,\d+\)\}$/)

  // Each event has each reading once and in order.
  const { rows: gaps } = await db.pool.query<{ reason: string; first: number; last: number; events: string[] }>(
    `SELECT reason, extract(epoch FROM from_time) * 1000 AS first, extract(epoch FROM to_time) * 1000 AS last, event_public_ids AS events
     FROM reading_gaps ORDER BY from_time`,
  )
  expect(gaps.map(({ reason }) => reason)).toEqual(['controller_down', 'controller_down'])
  for (const { events } of gaps) expect(events.toSorted()).toEqual(plant.events.toSorted())
  const [first = 0] = recorded
  for (const event of [plant.events[0], plant.events[CHANNELS - 1]]) {
    const stored = await storedOf(plant, String(event))
    expect(stored).toEqual([...new Set(stored)].sort((a, b) => a - b))
    expect(stored[0]).toBe(first)
    const isStored = new Set(stored)
    const last = stored.at(-1) ?? 0
    const missing = recorded.filter((value) => value <= last && !isStored.has(value))
    // What the plugin had read and the controller not yet taken when it was killed.
    expect(missing.length).toBeLessThanOrEqual(KILLS)
    for (const value of missing)
      expect(gaps.some((gap) => value > Number(gap.first) && value <= Number(gap.last) + INTERVAL_MS)).toBe(true)
    // Whatever is missing by the clock is named.
    stored.slice(1).forEach((value, index) => {
      const before = stored[index] ?? 0
      if (value - before < 5 * INTERVAL_MS) return
      expect(
        gaps.some((gap) => Math.floor(Number(gap.first)) <= before && Number(gap.last) >= value - INTERVAL_MS),
      ).toBe(true)
    })
  }

  const { rows: joined } = await db.pool.query(
    `SELECT count(*)::int AS all, count(experiments.id)::int AS inside FROM datapoints
     LEFT JOIN experiments ON ts >= started_on AND (stopped_on IS NULL OR ts < stopped_on)`,
  )
  expect(joined[0].inside).toBe(joined[0].all)
})
