import { formatTime, type Micros } from '@webmacs/contracts'
import { ROLLUP_LEVELS } from '@webmacs/database'
import type pg from 'pg'
import { ROLLUP_SPAN } from '../commit/rollup.ts'
import { minuteOf } from '../rollups/rebuild-minutes.ts'
import type { Job, JobPosition } from './job.ts'

/** Rows and rollups of one part: some hundred milliseconds of work, for so long whoever closes hours waits. */
export const MOST_ROWS = 50_000
const FIRST_SPAN: Micros = 3_600_000_000
const GROWTH = 4

export interface PartWindow {
  readonly from: Micros
  /** At a whole minute, or the end of the job. */
  readonly to: Micros
  /** What the next part should try to span. */
  readonly nextSpan: Micros
}

const COUNT = `
  SELECT count(*)::int AS counted FROM (
    SELECT FROM unnest($1::int[]) AS event (id) CROSS JOIN LATERAL (
      SELECT FROM datapoints WHERE event_id = event.id AND ts >= $2::timestamptz AND ts < $3::timestamptz OFFSET 0
    ) stored
    UNION ALL
    SELECT FROM datapoint_rollups
    WHERE event_id = ANY($1::int[]) AND resolution = ANY('{${ROLLUP_LEVELS.join()}}') AND bucket >= $2::timestamptz AND bucket < $3::timestamptz
    LIMIT ${MOST_ROWS + 1}
  ) bounded`

/**
 * The next part of a job. Whoever measures slowly, or not at all, gets long parts, and whoever measures fast short ones: a part that would
 * be too large is cut down, down to one minute; one that holds little lets the next be longer. Rows are counted themselves, because bad
 * ones are in no rollup.
 */
export async function chooseWindow(client: pg.ClientBase, job: Job): Promise<PartWindow> {
  const { at: from, span: firstSpan }: JobPosition = job.position ?? { at: job.from, span: FIRST_SPAN }
  let span = firstSpan
  for (;;) {
    const to = Math.min(job.to, minuteOf(from + span))
    const rows = await countUpTo(client, job.events, from, to)
    if (rows <= MOST_ROWS || to - from <= ROLLUP_SPAN) {
      return { from, to, nextSpan: rows < MOST_ROWS / GROWTH ? span * GROWTH : span }
    }
    span = Math.max(ROLLUP_SPAN, Math.min(span, to - from) / 2)
  }
}

async function countUpTo(client: pg.ClientBase, events: readonly number[], from: Micros, to: Micros): Promise<number> {
  const { rows } = await client.query<{ counted: number }>(COUNT, [events, formatTime(from), formatTime(to)])
  return rows[0]?.counted ?? 0
}
