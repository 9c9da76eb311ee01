import { moment } from '@webmacs/database'
import { sql } from 'kysely'
import type { ResolvedSelection } from '../selection/resolve-selection.ts'
import { type CopiedRows, copiedRows } from '../snapshot/copied-rows.ts'
import { keysOf, type Range, SHOWN } from '../snapshot/parts.ts'
import { slicesOf } from '../snapshot/slices.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import { countsOf } from './counts.ts'
import { BATCH_ROWS } from './row-source.ts'

/** Where bad ones are in it, rollups do not tell how many there are: no slice may be so long that a surprise hurts. */
const LONGEST_WITH_BAD_S = 86_400

/** Readings of the selection by moment and event: value, and quality where bad ones are in it. */
export async function* readings(
  snapshot: Snapshot,
  resolved: ResolvedSelection,
): AsyncGenerator<CopiedRows, void, void> {
  const { range, events, selection } = resolved
  if (events.length === 0 || range.from >= range.to) return
  const keys = keysOf(events)
  const withBad = selection.include_bad
  const plan = {
    ...range,
    align: 0,
    skipsEmpty: !withBad,
    longestSeconds: withBad ? LONGEST_WITH_BAD_S : Number.POSITIVE_INFINITY,
    counts: countsOf(snapshot, keys),
  }
  const columns = withBad ? sql`ts, event_id, value, quality::float8` : sql`ts, event_id, value`
  const condition = withBad ? sql`true` : SHOWN
  const query = ({ from, to }: Range) => sql`
    SELECT ${columns} FROM datapoints
    WHERE event_id = ANY(${keys}) AND ts >= ${moment(from)} AND ts < ${moment(to)} AND ${condition}
    ORDER BY ts, event_id`
  for await (const slice of slicesOf(plan)) {
    yield* copiedRows(snapshot.copy(query(slice)), { numbers: withBad ? 2 : 1, most: BATCH_ROWS })
  }
}
