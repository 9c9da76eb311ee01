import type { Micros } from '@webmacs/contracts'
import { binned, type Database, moment, type RollupLevel, rollupRows } from '@webmacs/database'
import { type RawBuilder, sql } from 'kysely'
import { readRetentionPlan, type Span, without } from './retention-plan.ts'

const HOUR: Micros = 3_600_000_000
const DAY: Micros = 24 * HOUR
const EVERY_EVENT = sql`(SELECT array_agg(id) FROM events)`
/** Readings may be a day ahead. */
const AHEAD: Micros = 2 * DAY

export interface Holdings {
  readonly datapoints: number
  /** Events whose numbers changed. */
  readonly changed: number
}

/**
 * Writes down per event what is stored: counted by rollups, a day's for all but the newest, so that it costs some rows a day of the past
 * and not the past itself. Before the limit of retention, only what belongs to kept experiments counts, as far as it was spared.
 */
export async function measureHoldings(database: Database, now: Micros): Promise<Holdings> {
  const { kept } = await readRetentionPlan(database)
  const { db } = database
  const { raw_from } = await db.selectFrom('historian_state').select('raw_from').executeTakeFirstOrThrow()
  const end = (Math.floor(now / DAY) + 1) * DAY + AHEAD
  const removed = { from: 0, to: raw_from }
  const keptBefore = without(removed, without(removed, kept)) // what of the kept lies in it
  const stored = sql.join(
    [rows(86_400, raw_from, end), ...keptBefore.map(keptRows)].map((part) => sql`(${part})`),
    sql` UNION ALL `,
  )
  // Ten minutes more or less make no difference to a rate.
  const lastDay = rollupRows({ events: EVERY_EVENT, level: 600, from: floor(now - DAY, 600), to: end })
  const { rows: changed } = await sql<{ datapoints: number }>`
    WITH total AS (
      SELECT event_id, sum(count)::int8 AS datapoints, min(first_at) AS first_at, max(last_at) AS last_at
      FROM (${stored}) stored GROUP BY event_id
    ), recent AS (
      SELECT event_id, sum(count)::int8 AS last_day FROM (${lastDay}) recent WHERE first_at <= ${moment(now)} GROUP BY event_id
    )
    INSERT INTO event_statistics AS known (event_id, datapoints, last_day, first_at, last_at)
    SELECT id, coalesce(datapoints, 0), coalesce(last_day, 0), first_at, last_at
    FROM events LEFT JOIN total ON total.event_id = id LEFT JOIN recent ON recent.event_id = id ORDER BY id
    ON CONFLICT (event_id) DO UPDATE SET datapoints = excluded.datapoints, last_day = excluded.last_day,
      first_at = excluded.first_at, last_at = excluded.last_at
    WHERE (known.datapoints, known.last_day, known.first_at, known.last_at)
      IS DISTINCT FROM (excluded.datapoints, excluded.last_day, excluded.first_at, excluded.last_at)
    RETURNING 1`.execute(db)
  const sum = await sql<{ datapoints: number }>`
    SELECT coalesce(sum(datapoints), 0)::int8 AS datapoints FROM event_statistics`.execute(db)
  return { datapoints: sum.rows[0]?.datapoints ?? 0, changed: changed.length }
}

const floor = (time: Micros, level: RollupLevel): Micros => Math.floor(time / (level * 1e6)) * level * 1e6
const rows = (level: RollupLevel, from: Micros, to: Micros): RawBuilder<unknown> =>
  rollupRows({ events: EVERY_EVENT, level, from, to })

/** Hours of an event from that on which holds its first datapoint: an experiment may have been marked when older ones were gone already. */
const keptRows = ({ from, to }: Span): RawBuilder<unknown> => sql`
  SELECT hours.* FROM (${rows(3600, from, to)}) hours JOIN (
    SELECT events.id, first.ts FROM events CROSS JOIN LATERAL (
      SELECT ts FROM datapoints WHERE event_id = events.id AND ts >= ${moment(from)} AND ts < ${moment(to)} ORDER BY ts LIMIT 1
    ) first
  ) spared ON spared.id = hours.event_id
  WHERE hours.bucket >= ${binned(3600, sql.ref('spared.ts'))}`
