import type { Micros } from '@webmacs/contracts'
import type { Database } from '@webmacs/database'
import type { Span } from './retention-plan.ts'

const MINUTE: Micros = 60_000_000
const HOUR: Micros = 60 * MINUTE
const DAY: Micros = 24 * HOUR
/** A part takes some tenths of a second. */
const ROWS_A_PART = 20_000
const MINUTES_A_DAY = 1440 + 144

const moment = (parameter: string): string => `timestamptz 'epoch' + ${parameter}::int8 * interval '1 microsecond'`

const FIRST_ROW = `
  SELECT min(found.ts) AS first FROM events CROSS JOIN LATERAL (
    SELECT ts FROM datapoints WHERE event_id = events.id AND ts >= ${moment('$1')} AND ts < ${moment('$2')} ORDER BY ts LIMIT 1) found`
const DELETE_ROWS = `DELETE FROM datapoints WHERE ts >= ${moment('$1')} AND ts < ${moment('$2')}`

const FIRST_MINUTE = `
  SELECT min(found.bucket) AS first FROM events CROSS JOIN unnest(ARRAY[60, 600]) AS fine CROSS JOIN LATERAL (
    SELECT bucket FROM datapoint_rollups
    WHERE event_id = events.id AND resolution = fine AND bucket >= ${moment('$1')} AND bucket < ${moment('$2')}
    ORDER BY bucket LIMIT 1) found`
const DELETE_MINUTES = `
  DELETE FROM datapoint_rollups WHERE event_id = ANY($3::int[]) AND resolution IN (60, 600)
    AND bucket >= ${moment('$1')} AND bucket < ${moment('$2')}`

/** A number of rows for each part that was deleted. Parts end with a minute: of none a part is left, of which its rollup could be made anew wrongly. */
export async function* deleteRows({ pool }: Database, { from, to }: Span): AsyncGenerator<number> {
  let width = MINUTE
  let at = await first(FIRST_ROW, from)
  while (at !== undefined) {
    const end = Math.min(Math.floor((at + width) / MINUTE) * MINUTE, to)
    const { rowCount } = await pool.query(DELETE_ROWS, [at, end])
    const deleted = rowCount ?? 0
    yield deleted
    if (deleted > ROWS_A_PART && width > MINUTE) width = Math.max(MINUTE, width / 2)
    else if (deleted < ROWS_A_PART / 2 && width < HOUR) width *= 2
    // Where nothing is, the next row is looked for; otherwise it most likely follows.
    at = deleted === 0 ? await first(FIRST_ROW, end) : end < to ? end : undefined
  }
  async function first(text: string, start: Micros): Promise<Micros | undefined> {
    if (start >= to) return undefined
    const { rows } = await pool.query<{ first: Micros | null }>(text, [start, to])
    return rows[0]?.first ?? undefined
  }
}

/** A number of rollups finer than an hour for each part that was deleted: a day of some events. */
export async function* deleteMinutes({ pool }: Database, { from, to }: Span): AsyncGenerator<number> {
  const { rows: events } = await pool.query<{ id: number }>('SELECT id FROM events ORDER BY id')
  const eventsAPart = Math.ceil(ROWS_A_PART / MINUTES_A_DAY)
  let start = from
  while (start < to) {
    const { rows } = await pool.query<{ first: Micros | null }>(FIRST_MINUTE, [start, to])
    const first = rows[0]?.first ?? undefined
    if (first === undefined) return
    const end = Math.min(to, (Math.floor(first / DAY) + 1) * DAY)
    for (let index = 0; index < events.length; index += eventsAPart) {
      const some = events.slice(index, index + eventsAPart).map(({ id }) => id)
      const { rowCount } = await pool.query(DELETE_MINUTES, [first, end, some])
      yield rowCount ?? 0
    }
    start = end
  }
}
