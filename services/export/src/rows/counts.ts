import { binned } from '@webmacs/database'
import { type RawBuilder, sql } from 'kysely'
import { ceilTo, floorTo, type Range, summaries } from '../snapshot/parts.ts'
import type { Counted } from '../snapshot/slices.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'

/** How many shown readings each day or hour has that touches a range. */
export const countsOf =
  (snapshot: Snapshot, keys: RawBuilder<unknown>) =>
  (level: 86_400 | 3600, { from, to }: Range): Promise<Counted[]> => {
    const parts = [{ level, from: floorTo(level, from), to: ceilTo(level, to) }]
    return snapshot.rows(
      sql<Counted>`
        SELECT ${binned(level, sql.ref('bucket'))} AS bucket, sum(count)::int8 AS count
        FROM ${summaries(keys, parts)} GROUP BY 1 ORDER BY 1`,
    )
  }
