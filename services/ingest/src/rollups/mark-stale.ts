import type { Micros } from '@webmacs/contracts'
import type pg from 'pg'

export interface EventHour {
  readonly event: number
  /** Start of the hour. */
  readonly hour: Micros
}

export const HOUR: Micros = 3_600_000_000

/**
 * Every mark is written, also one that is there: its lock makes whoever makes the hour anew wait for this transaction. In order of the key,
 * or writers beside one another deadlock.
 */
const MARK = `
  INSERT INTO stale_rollups AS mark (event_id, hour)
  SELECT event_id, timestamptz 'epoch' + hour * interval '1 microsecond'
  FROM unnest($1::int[], $2::int8[]) AS fresh (event_id, hour) ORDER BY event_id, hour
  ON CONFLICT (event_id, hour) DO UPDATE SET times = mark.times + 1`

/**
 * Marks the hours whose coarse rollups are not right any more, in the transaction that changed their minutes.
 * @param minutes events and moments that were changed, in any order and number
 * @param closedUntil what `holdRollups` said in this transaction
 */
export async function markStale(
  client: Pick<pg.ClientBase, 'query'>,
  minutes: Iterable<{ readonly event: number; readonly bucket: Micros }>,
  closedUntil: Micros,
): Promise<void> {
  const marks = new Map<string, EventHour>()
  for (const { event, bucket } of minutes) {
    if (bucket >= closedUntil) continue
    const hour = Math.floor(bucket / HOUR) * HOUR
    marks.set(`${event} ${hour}`, { event, hour })
  }
  await putMarks(client, [...marks.values()])
}

/** Writes marks down, each of which must be given once. */
export async function putMarks(client: Pick<pg.ClientBase, 'query'>, marks: readonly EventHour[]): Promise<void> {
  if (marks.length === 0) return
  await client.query(MARK, [marks.map(({ event }) => event), marks.map(({ hour }) => hour)])
}
