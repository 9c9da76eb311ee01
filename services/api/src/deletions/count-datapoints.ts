import { moment, rollupRows, type Tables } from '@webmacs/database'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { isShown } from '../datapoints/datapoint-answer.ts'
import { type CountSpan, countSpans } from './count-spans.ts'
import type { JobRange } from './deletion-range.ts'

/** How many datapoints lie in a range, without the bad ones: exact, and quick however long it is. One statement. */
export async function countDatapoints(db: Kysely<Tables>, { events, from, to }: JobRange): Promise<number> {
  const keys = events === null ? sql`ARRAY(SELECT events.id FROM events)` : sql`${events.map(({ key }) => key)}::int4[]`
  const parts = countSpans(from, to).map((span) => counted(keys, span))
  const { rows } = await sql<{ total: number }>`
    SELECT coalesce(sum(count), 0)::int8 AS total FROM (${sql.join(parts, sql` UNION ALL `)}) parts`.execute(db)
  return rows[0]?.total ?? 0
}

const counted = (events: RawBuilder<unknown>, { by, from, to }: CountSpan): RawBuilder<unknown> =>
  by === 'raw'
    ? sql`
      SELECT count FROM unnest(${events}) AS selected (id) CROSS JOIN LATERAL (
        SELECT count(*) AS count FROM datapoints
        WHERE event_id = selected.id AND ts >= ${moment(from)} AND ts < ${moment(to)} AND ${isShown('datapoints')}
      ) stored`
    : sql`SELECT count FROM (${rollupRows({ events, level: by, from, to })}) rollups`
