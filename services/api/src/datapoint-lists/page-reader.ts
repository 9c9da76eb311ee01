import type { EventId, ExperimentId, Micros, QualityBits } from '@webmacs/contracts'
import { experimentAt, moment, type Tables } from '@webmacs/database'
import { type Kysely, sql } from 'kysely'
import type { DatapointRow } from '../datapoints/datapoint-answer.ts'
import { type ListScope, type Position, type Stretch, within } from './list-scope.ts'
import { ofQuality } from './of-quality.ts'
import { MINUTE, newestMinute } from './page-place.ts'

export interface PageReading {
  readonly rows: readonly DatapointRow[]
  /** How many more would have to be passed over: the stretch has not so many. */
  readonly skip: number
  /** Nothing older than this was looked at, because it took too long. */
  readonly stoppedAt: Micros | undefined
}

export interface ReadingOptions {
  readonly db: Kysely<Tables>
  readonly scope: Pick<ListScope, 'events' | 'quality' | 'after'>
  readonly stretch: Stretch
  readonly skip: number
  readonly want: number
  /** Milliseconds that are left for looking. */
  readonly left: () => number
}

/** A window is taken this much longer than what is wanted should need: readings do not come evenly. */
const ROOM = 1.5
/** Where rollups do not tell how many there are. */
const FIRST_WIDTH: Micros = 1_000_000
const GROWTH = 4

/**
 * Reads the newest datapoints of a stretch, window by window: each as long as the newest minute says that it takes, or longer than the one
 * before where that was not enough. In a window each event is asked for no more than are wanted.
 */
export async function readDown(options: ReadingOptions): Promise<PageReading> {
  const { stretch, scope, want, left } = options
  const rows: DatapointRow[] = []
  let { skip } = options
  let before = stretch.to
  let leastWidth = 0
  while (rows.length < want) {
    const next = await nextWindow(options, { from: stretch.from, to: before }, skip + want - rows.length)
    if (next === undefined) return { rows, skip, stoppedAt: undefined }
    const width = Math.max(next.width, leastWidth)
    const window = { from: Math.max(stretch.from, next.before - width), to: next.before }
    const startedWith = left()
    const page = await readWindow(options.db, scope, window, { skip, want: want - rows.length })
    rows.push(...page.rows)
    skip -= Math.min(skip, page.found)
    before = window.from
    if (before <= stretch.from || rows.length >= want) break
    const remaining = left()
    // Shown datapoints are found by their counts: only other classes can be few among many.
    if (scope.quality !== 'shown' && remaining <= 0) return { rows, skip, stoppedAt: before }
    leastWidth = width * growth(scope, remaining / Math.max(startedWith - remaining, 1))
  }
  return { rows, skip, stoppedAt: undefined }
}

/** @param affordable how many windows like the last one there is time for */
const growth = ({ quality }: ReadingOptions['scope'], affordable: number): number =>
  quality === 'shown' ? GROWTH : Math.min(GROWTH, Math.max(affordable, 0.1))

/** Where the next datapoint lies, and how long a window should hold so many; undefined: there are no more. */
async function nextWindow(
  { db, scope }: ReadingOptions,
  stretch: Stretch,
  need: number,
): Promise<{ before: Micros; width: Micros } | undefined> {
  if (scope.quality === 'bad') {
    const newest = await newestOfAnyClass(db, scope, stretch)
    return newest === undefined ? undefined : { before: newest + 1, width: FIRST_WIDTH }
  }
  const newest = await newestMinute({ db, events: scope.events }, stretch)
  if (newest === undefined) return undefined
  const { count, first_at, last_at } = newest
  const span = count >= need ? Math.min(last_at - first_at + 1, MINUTE) : MINUTE
  return { before: Math.min(stretch.to, last_at + 1), width: Math.ceil((span * ROOM * need) / count) }
}

async function newestOfAnyClass(
  db: Kysely<Tables>,
  { events }: Pick<ListScope, 'events'>,
  stretch: Stretch,
): Promise<Micros | undefined> {
  const { rows } = await sql<{ ts: Micros }>`
    SELECT ts FROM unnest(${events}) AS listed (id) CROSS JOIN LATERAL (
      SELECT ts FROM datapoints WHERE event_id = listed.id AND ${within('ts', stretch)} ORDER BY ts DESC LIMIT 1
    ) newest ORDER BY ts DESC LIMIT 1`.execute(db)
  return rows[0]?.ts
}

interface WindowRow {
  readonly found: number
  readonly event: EventId
  readonly ts: Micros | null
  readonly value: number | null
  readonly quality: QualityBits
  readonly experiment: ExperimentId | null
}

async function readWindow(
  db: Kysely<Tables>,
  { events, quality, after }: ReadingOptions['scope'],
  window: Stretch,
  { skip, want }: { readonly skip: number; readonly want: number },
): Promise<{ rows: DatapointRow[]; found: number }> {
  // The rows of the page are found first: only they need their event and experiment.
  const { rows } = await sql<WindowRow>`
    WITH found AS MATERIALIZED (
      SELECT candidate.* FROM unnest(${events}) AS listed (id) CROSS JOIN LATERAL (
        SELECT ts, value, event_id, quality FROM datapoints
        WHERE event_id = listed.id AND ${within('ts', window)} AND ${ofQuality(quality, 'datapoints')} AND ${isAfter(after)}
        ORDER BY ts DESC LIMIT ${skip + want}
      ) candidate
    ),
    page AS (SELECT * FROM found ORDER BY ts DESC, event_id LIMIT ${want} OFFSET ${skip})
    SELECT counted.found, events.public_id AS event, page.ts, page.value, page.quality,
      ${experimentAt(sql.ref('page.ts'))} AS experiment
    FROM (SELECT count(*) AS found FROM found) counted
    LEFT JOIN page ON true LEFT JOIN events ON events.id = page.event_id
    ORDER BY page.ts DESC, page.event_id`.execute(db)
  const found = rows[0]?.found ?? 0
  return {
    found,
    rows: rows.flatMap(({ ts, value, ...row }) => (ts === null ? [] : [{ ...row, ts, value: value ?? 0 }])),
  }
}

const isAfter = (after: Position | undefined) =>
  after === undefined
    ? sql`true`
    : sql`(ts < ${moment(after.time)} OR (ts = ${moment(after.time)} AND event_id > ${after.eventKey}))`
