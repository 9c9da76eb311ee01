import type { Micros } from '@webmacs/contracts'
import { ROLLUP_LEVELS, type RollupLevel, rollupRows } from '@webmacs/database'
import { createTestDatabase, type TestDatabase } from '@webmacs/testing'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { healHours } from './heal-hours.ts'

const DAY: Micros = 86_400_000_000
const FIRST_DAY = 20_000
const EVENTS = 20
const DAYS = 10
const range = { from: FIRST_DAY * DAY, to: (FIRST_DAY + DAYS) * DAY }
const day = (n: number) => sql`(timestamptz 'epoch' + make_interval(days => ${sql.lit(FIRST_DAY + n)}))`

/** Ten days of twenty events with a reading a second, as rollups of minutes, closed up to a moment and with everything coarse made. */
async function storeMinutes({ db: database }: TestDatabase): Promise<void> {
  const { db } = database
  await sql`
    INSERT INTO datapoint_rollups
    SELECT event, 60, at, 60, 60, 60, 0, at, 2, at, 1, at, 1, at + interval '59 seconds'
    FROM generate_series(1, ${EVENTS}) AS event, generate_series(${day(0)}, ${day(DAYS)} - interval '1 minute', interval '1 minute') AS at
  `.execute(db)
  await makeAnew({ db: database })
  await sql`VACUUM ANALYZE datapoint_rollups`.execute(db)
}

async function makeAnew({ db: database }: Pick<TestDatabase, 'db'>): Promise<void> {
  const { db } = database
  await sql`UPDATE historian_state SET closed_until = ${day(DAYS)}`.execute(db)
  await sql`
    INSERT INTO stale_rollups SELECT event, ${day(0)} + hour * interval '1 hour'
    FROM generate_series(1, ${EVENTS}) AS event, generate_series(0, ${24 * DAYS - 1}) AS hour
    ON CONFLICT DO NOTHING`.execute(db)
  let healed = await healHours(database)
  while (healed.hours > 0) healed = await healHours(database)
}

const events = sql`ARRAY(SELECT generate_series(1, ${EVENTS}))`
const read = ({ db: { db } }: TestDatabase, level: RollupLevel, { from, to } = range) =>
  sql<{ rows: number; count: number }>`
    SELECT count(*)::int AS rows, sum(count)::int8 AS count FROM (${rollupRows({ events, level, from, to })}) rollups`.execute(
    db,
  )

const READINGS = EVENTS * DAYS * 86_400

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
  await storeMinutes(database)
})
afterAll(() => database[Symbol.asyncDispose]())

test('costs what the level has of rows, not what the minutes have', async () => {
  const fastest = async (level: RollupLevel): Promise<number> => {
    let best = Number.POSITIVE_INFINITY
    for (let attempt = 0; attempt < 7; attempt += 1) {
      const startedAt = performance.now()
      await read(database, level)
      best = Math.min(best, performance.now() - startedAt)
    }
    return best
  }
  expect(await fastest(600)).toBeLessThan((await fastest(60)) / 3)
})

test('counts each reading once at every level, and believes no rollup of an hour that is open or stale', async () => {
  const { db } = database.db
  for (const level of ROLLUP_LEVELS) {
    const buckets = (EVENTS * DAYS * 86_400) / level
    expect([level, (await read(database, level)).rows]).toEqual([level, [{ rows: buckets, count: READINGS }]])
  }
  // One stale hour, and the last ten hours and a half open: what holds them is made wrong, so that believing it would show.
  await sql`INSERT INTO stale_rollups VALUES (3, ${day(2)} + interval '5 hours'), (4, ${day(9)} + interval '13 hours')`.execute(
    db,
  )
  await sql`UPDATE historian_state SET closed_until = ${day(9)} + interval '14 hours'`.execute(db)
  for (const level of ROLLUP_LEVELS.slice(1)) {
    await sql`
      UPDATE datapoint_rollups rollup SET count = 1000000 WHERE resolution = ${level}
        AND (bucket + make_interval(secs => ${level}) > ${day(9)} + interval '14 hours'
          OR EXISTS (SELECT FROM stale_rollups stale WHERE stale.event_id = rollup.event_id AND
            stale.hour < bucket + make_interval(secs => ${level}) AND bucket < stale.hour + interval '1 hour'))`.execute(
      db,
    )
  }
  for (const level of ROLLUP_LEVELS)
    expect([level, (await read(database, level)).rows[0]?.count]).toEqual([level, READINGS])
  // Minutes stand for what is not right, and hours for the rest of a day.
  const { rows } = await read(database, 86_400)
  expect(rows[0]?.rows).toBe(EVENTS * (9 + 14 + 600) - 1 + 23 + 60 - 1 + 60)
  // A part of a stale hour.
  const from = range.from + 2 * DAY + 5.5 * 3_600_000_000
  expect((await read(database, 600, { from, to: from + 1_200_000_000 })).rows[0]?.count).toBe(EVENTS * 1200)
})

test('leaves hours as they are whose minutes retention removed, marked or not', async () => {
  const { db } = database.db
  await makeAnew(database)
  await sql`UPDATE historian_state SET minutes_from = ${day(5)}`.execute(db)
  await sql`DELETE FROM datapoint_rollups WHERE resolution < 3600 AND bucket < ${day(5)}`.execute(db)
  await sql`INSERT INTO stale_rollups VALUES (3, ${day(2)} + interval '5 hours')`.execute(db)
  for (const level of [3600, 14_400, 86_400] as const) {
    expect((await read(database, level)).rows[0]?.count).toBe(READINGS)
  }
  expect(await healHours(database.db)).toMatchObject({ hours: 1, rollups: 0 })
  expect((await read(database, 3600)).rows[0]?.count).toBe(READINGS)
})
