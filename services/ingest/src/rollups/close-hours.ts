import type { Micros } from '@webmacs/contracts'
import type { Database } from '@webmacs/database'
import { inTransaction } from '../commit/in-transaction.ts'
import { holdRolling, holdRollupsAlone } from './hold-rollups.ts'
import { HOUR } from './mark-stale.ts'

/** An hour is closed this long after its end, seconds: readings that are only a little late then need no mark. */
const CLOSE_AFTER_SECONDS = 300
/** Hours of events that are marked while writers wait: some milliseconds' worth, also where years are caught up with. */
const MAX_MARKS = 12_000
const MAX_HOURS = 24
/** Writers queue behind us while we wait for those under way. */
const LOCK_TIMEOUT = `SET LOCAL lock_timeout = '2s'`

const moment = (parameter: string): string => `timestamptz 'epoch' + ${parameter}::int8 * interval '1 microsecond'`

const ENDED = `date_bin('1 hour', now() - interval '${CLOSE_AFTER_SECONDS} seconds', timestamptz 'epoch')`
const IS_DUE = `SELECT FROM historian_state WHERE closed_until < ${ENDED}`
/** With the first hour that is not closed and has something in it: what lies before needs no marks. */
const LOOK = `
  SELECT closed_until, ${ENDED} AS ended, (SELECT count(*) FROM events) AS events,
    (SELECT date_bin('1 hour', min(minute.bucket), timestamptz 'epoch') FROM events CROSS JOIN LATERAL (
       SELECT bucket FROM datapoint_rollups
       WHERE event_id = events.id AND resolution = 60 AND bucket >= closed_until ORDER BY bucket LIMIT 1) minute) AS first
  FROM historian_state`
const MARK = `
  INSERT INTO stale_rollups AS mark (event_id, hour)
  SELECT id, hour FROM events
  CROSS JOIN generate_series(${moment('$1')}, ${moment('$2')} - interval '1 hour', interval '1 hour') AS hour
  WHERE EXISTS (
    SELECT FROM datapoint_rollups
    WHERE event_id = id AND resolution = 60 AND bucket >= hour AND bucket < hour + interval '1 hour' OFFSET 0)
  ORDER BY id, hour
  ON CONFLICT (event_id, hour) DO UPDATE SET times = mark.times + 1`
const ADVANCE = `UPDATE historian_state SET closed_until = ${moment('$1')} WHERE closed_until < ${moment('$1')}`

interface State {
  readonly closed_until: Micros
  readonly ended: Micros
  readonly first: Micros | null
  readonly events: number
}

export interface Closed {
  readonly hours: number
  /** More hours are over and not closed yet. */
  readonly hasMore: boolean
}

/**
 * Closes hours that are over, at most a day of them. Closing only marks what is in them as stale, and says so to writers: it is done in some
 * milliseconds, and only for them writers wait. Their rollups are made like those of any stale hour, beside the writers.
 * @throws pg.DatabaseError when a writer took too long; trying again later makes sense
 */
export async function closeHours(database: Database): Promise<Closed> {
  return inTransaction(database, async (client) => {
    const { rowCount: isDue } = await client.query(IS_DUE)
    if (isDue === 0) return { hours: 0, hasMore: false }
    await client.query(LOCK_TIMEOUT)
    await holdRolling(client)
    await holdRollupsAlone(client)
    const { rows } = await client.query<State>(LOOK)
    const { closed_until, ended, events, first: firstFilled } = rows[0] as State // the row that was due
    const first = Math.min(ended, Math.max(closed_until, firstFilled ?? ended))
    const hours = Math.max(1, Math.min(MAX_HOURS, Math.floor(MAX_MARKS / Math.max(1, events))))
    const until = Math.min(ended, first + hours * HOUR)
    if (until > first) await client.query(MARK, [first, until])
    await client.query(ADVANCE, [until])
    return { hours: (until - first) / HOUR, hasMore: until < ended }
  })
}
