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

test('makes hours of the tiniest and the largest values', async () => {
  await using site = await startSite()
  const [tiny, huge, both] = (await site.addEvents(3)) as [EventId, EventId, EventId]
  const now = thisHour()
  const from = Math.floor(now / DAY) * DAY - DAY
  const frameOf = (time: Micros, small: number, large: number) =>
    aFrame({
      time: formatTime(time),
      values: valuesOf([
        [tiny, small],
        [huge, large],
        [both, time === from ? small : large],
      ]),
    })
  await site.publish([frameOf(from, 1e-160, 1.7e308), frameOf(from + MINUTE, 5e-324, 1.7e308)])
  await site.startWriter()
  await site.untilAcked()
  await until('all is closed and made', () => isHealed(site, now), { timeoutMs: 20_000 })
  const days = await site.db
    .selectFrom('datapoint_rollups')
    .where('resolution', '=', 86_400)
    .select(['count', 'sum', 'sum_sq'])
    .orderBy('event_id')
    .execute()
  expect(days.map(({ count }) => count)).toEqual([2, 2, 2])
  expect(days[0]?.sum).toBe(1e-160)
  expect(days[0]?.sum_sq).toBe(1e-160 * 1e-160)
  for (const { sum, sum_sq } of days.slice(1)) expect([sum, sum_sq]).toEqual([8e307, 8e307])
})

test('makes all hours but those that the database refuses to make, and closes hours all the same', async () => {
  await using site = await startSite()
  await site.addEvents(9)
  const now = thisHour()
  const from = Math.floor(now / DAY) * DAY - DAY
  // More than there can be in an hour, of one event in the middle.
  await sql`
    INSERT INTO datapoint_rollups SELECT events.id, 60, at, CASE events.id WHEN 5 THEN 9e18 ELSE 1 END, 5, 25, 5, at, 5, at, 5, at, 5, at
    FROM events, generate_series(${formatTime(from)}::timestamptz, ${formatTime(from + 20 * MINUTE)}::timestamptz, interval '7 minutes') AS at`.execute(
    site.db,
  )
  await site.startWriter()
  const marks = () => site.db.selectFrom('stale_rollups').select(['event_id', 'hour']).execute()
  await until('all is closed', async () => {
    const { closed_until } = await site.db
      .selectFrom('historian_state')
      .select('closed_until')
      .executeTakeFirstOrThrow()
    return closed_until >= now && (await marks()).length === 1
  })
  expect(await marks()).toEqual([{ event_id: 5, hour: from }])
  const days = site.db.selectFrom('datapoint_rollups').where('resolution', '=', 86_400).select(['event_id', 'count'])
  expect(await days.orderBy('event_id').execute()).toEqual(
    [1, 2, 3, 4, 6, 7, 8, 9].map((event_id) => ({ event_id, count: 3 })),
  )
  const runs = await site.db.selectFrom('maintenance_runs').where('task', '=', 'rollups').select('counts').execute()
  expect(runs.some(({ counts }) => counts.hours_refused === 1)).toBe(true)
})

test('closes hours though readings never stop coming late', async () => {
  await using site = await startSite()
  await site.addEvents(1)
  // Whenever a mark is taken, another one has come.
  await sql`INSERT INTO stale_rollups (event_id, hour) VALUES (1, ${formatTime(thisHour() - 9 * HOUR)})`.execute(
    site.db,
  )
  await sql`
    CREATE FUNCTION come_late() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN INSERT INTO stale_rollups (event_id, hour) VALUES (OLD.event_id, OLD.hour); RETURN NULL; END $$`.execute(
    site.db,
  )
  await sql`CREATE TRIGGER come_late AFTER DELETE ON stale_rollups FOR EACH ROW EXECUTE FUNCTION come_late()`.execute(
    site.db,
  )
  await site.startWriter()
  await until('hours are closed', async () => {
    const { closed_until } = await site.db
      .selectFrom('historian_state')
      .select('closed_until')
      .executeTakeFirstOrThrow()
    return closed_until >= thisHour()
  })
})
