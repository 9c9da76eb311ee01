import type { Micros } from '@webmacs/contracts'
import type { Database } from '@webmacs/database'

/** `[from, to)`. */
export interface Span {
  readonly from: Micros
  readonly to: Micros
}

export interface RetentionPlan {
  /** Datapoints before it may go; 0: none. A whole day. */
  readonly rawBefore: Micros
  /** The same for rollups finer than an hour. */
  readonly minutesBefore: Micros
  /** What belongs to experiments that are kept: whole hours, ascending, apart from one another. */
  readonly kept: readonly Span[]
  /** When the settings were changed last. */
  readonly settledOn: Micros
}

const HOUR: Micros = 3_600_000_000
const DAY: Micros = 24 * HOUR
/** Beyond what was asked for: readings that are as late as may be must find their rows and rollups untouched. */
const MARGIN: Micros = DAY

const SETTINGS = `
  SELECT raw_days, minute_days, updated_on, (extract(epoch FROM now()) * 1000000)::int8 AS now FROM retention`
const KEPT = 'SELECT started_on, stopped_on FROM experiments WHERE keep AND started_on IS NOT NULL'

/** What retention asks for at this moment, by the database's clock. */
export async function readRetentionPlan({ pool }: Database): Promise<RetentionPlan> {
  const settings = await pool.query<{
    raw_days: number | null
    minute_days: number | null
    updated_on: Micros
    now: Micros
  }>(SETTINGS)
  const kept = await pool.query<{ started_on: Micros; stopped_on: Micros | null }>(KEPT)
  const row = settings.rows[0]
  const before = (days: number | null | undefined): Micros =>
    row === undefined || days == null ? 0 : Math.max(0, Math.floor((row.now - days * DAY - MARGIN) / DAY) * DAY)
  return {
    rawBefore: before(row?.raw_days),
    minutesBefore: before(row?.minute_days),
    kept: apart(kept.rows.map(({ started_on, stopped_on }) => wholeHours(started_on, stopped_on))),
    settledOn: row?.updated_on ?? 0,
  }
}

const wholeHours = (from: Micros, to: Micros | null): Span => ({
  from: Math.floor(from / HOUR) * HOUR,
  to: to === null ? Number.MAX_SAFE_INTEGER : Math.ceil((to + 1) / HOUR) * HOUR,
})

/** The same time in as few spans as possible, ascending. */
export function apart(spans: readonly Span[]): Span[] {
  const result: { from: Micros; to: Micros }[] = []
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) {
    const newest = result.at(-1)
    if (newest !== undefined && from <= newest.to) newest.to = Math.max(newest.to, to)
    else if (from < to) result.push({ from, to })
  }
  return result
}

/** What is left of a span without those that are kept. */
export function without({ from, to }: Span, kept: readonly Span[]): Span[] {
  const left: Span[] = []
  let start = from
  for (const span of kept) {
    if (span.to <= start || span.from >= to) continue
    if (span.from > start) left.push({ from: start, to: span.from })
    start = span.to
  }
  if (start < to) left.push({ from: start, to })
  return left
}
