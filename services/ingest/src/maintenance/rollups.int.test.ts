import { type EventId, formatTime, type Micros, nowMicros } from '@webmacs/contracts'
import { aFrame, until, valuesOf } from '@webmacs/testing'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { type Site, startSite } from '../ingest-site.fixture.ts'
import { ROLLING_LOCK } from '../rollups/hold-rollups.ts'
import { DAY, HOUR, isHealed, wrongAnywhere, wrongRead } from './rollups.fixture.ts'

const MINUTE: Micros = 60_000_000
const thisHour = (): Micros => Math.floor((nowMicros() - 6 * MINUTE) / HOUR) * HOUR

/** Several values an hour, not in order, over the days before the hour that runs. */
async function publishDays(site: Site, events: readonly EventId[], from: Micros, to: Micros): Promise<void> {
  const frames = []
  for (let time = from; time < to; time += 17 * MINUTE) {
    const values = valuesOf(events.map((event, n) => [event, Math.round(1000 * Math.sin(time / HOUR + n))]))
    frames.push(aFrame({ time: formatTime(time), values }))
  }
  for (let at = 0; at < frames.length; at += 100) await site.publish(frames.slice(at, at + 100))
}

test('closes hours that are over, from the first one that has readings, and makes every level as a recomputation would', async () => {
  await using site = await startSite()
  const events = await site.addEvents(3)
  const now = thisHour()
  const from = Math.floor(now / DAY) * DAY - 9 * DAY
  await publishDays(site, events.slice(0, 2), from, now)
  await publishDays(site, events.slice(2), from + 3 * DAY, from + 3 * DAY + 5 * HOUR)
  await site.startWriter()
  await site.untilAcked()
  await until('all is closed and made', () => isHealed(site, now), { timeoutMs: 20_000 })
  const ended = Math.floor(now / DAY) * DAY
  expect(await wrongAnywhere(site, from, ended)).toEqual([])
  const days = await site.db.selectFrom('datapoint_rollups').where('resolution', '=', 86_400).select('count').execute()
  expect(days.length).toBeGreaterThanOrEqual(19)
})

test('is right in between and afterwards when readings come late into a closed hour', async () => {
  await using site = await startSite()
  const [event] = (await site.addEvents(1)) as [EventId]
  const now = thisHour()
  const from = Math.floor(now / DAY) * DAY - 2 * DAY
  await publishDays(site, [event], from, from + DAY)
  await site.startWriter()
  await until('all is closed and made', () => isHealed(site, now), { timeoutMs: 20_000 })
  const making = await site.db.startTransaction().execute()
  await sql`SELECT pg_advisory_xact_lock(${ROLLING_LOCK}::bigint)`.execute(making) // nobody makes hours anew meanwhile
  const late = [3, 27, 5000].map((n) =>
    aFrame({ time: formatTime(from + (n * MINUTE) / 3 + 1), values: valuesOf([[event, n]]) }),
  )
  await site.publish(late)
  await site.untilAcked()
  expect(await isHealed(site, now)).toBe(false)
  for (const level of [600, 3600, 14_400, 86_400] as const)
    expect(await wrongRead(site, level, from, from + 2 * DAY)).toEqual([])
  await making.rollback().execute()
  await until('all is made anew', () => isHealed(site, now), { timeoutMs: 20_000 })
  expect(await wrongAnywhere(site, from, from + 2 * DAY)).toEqual([])
})
