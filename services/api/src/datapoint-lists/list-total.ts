import type { Micros } from '@webmacs/contracts'
import { moment, type RollupLevel, rollupRows, type Tables } from '@webmacs/database'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { type ListScope, type Stretch, within } from './list-scope.ts'
import { ofQuality } from './of-quality.ts'
import { downTo, MINUTE, upTo } from './page-place.ts'

export interface ListTotal {
  readonly total: number
  readonly isEstimate: boolean
}

/** Rows that may be read to say how many datapoints there are; beyond it the total is an estimate. */
const MOST_ROWS = 10_000
const HOUR: Micros = 60 * MINUTE
const DAY: Micros = 24 * HOUR

/**
 * How many datapoints a list has on all its pages. Exact while rollups that count them, or where those do not say (another class than
 * `shown`) the datapoints themselves, are few; otherwise estimated by what maintenance measured last.
 */
export async function totalOf(db: Kysely<Tables>, scope: ListScope): Promise<ListTotal> {
  if (scope.stretches.length === 0) return { total: 0, isEstimate: false }
  return scope.quality === 'shown' ? totalShown(db, scope) : totalOfClass(db, scope)
}

async function totalShown(db: Kysely<Tables>, scope: ListScope): Promise<ListTotal> {
  const counted = await sumCounts(db, scope, MOST_ROWS)
  if (counted.isAll) return { total: counted.total, isEstimate: scope.isSpared }
  const estimate = await estimateShown(db, scope)
  return { total: Math.max(estimate, counted.total), isEstimate: true }
}

async function totalOfClass(db: Kysely<Tables>, scope: ListScope): Promise<ListTotal> {
  const { rows } = await sql<{ looked_at: number; shown: number; matching: number }>`
    SELECT count(*) AS looked_at, count(*) FILTER (WHERE ${ofQuality('shown', 'seen')}) AS shown,
      count(*) FILTER (WHERE ${ofQuality(scope.quality, 'seen')}) AS matching
    FROM (${sql.join(
      scope.stretches.map((stretch) => rawRows(scope, stretch)),
      sql` UNION ALL `,
    )} LIMIT ${MOST_ROWS + 1}) seen
  `.execute(db)
  const { looked_at, shown, matching } = rows[0] ?? { looked_at: 0, shown: 0, matching: 0 }
  if (looked_at <= MOST_ROWS) return { total: matching, isEstimate: false }
  const estimate = shown === 0 ? 0 : (matching / shown) * (await estimateShown(db, scope))
  return { total: Math.max(Math.round(estimate), matching), isEstimate: true }
}

const rawRows = ({ events }: ListScope, stretch: Stretch): RawBuilder<unknown> => sql`
  SELECT found.* FROM unnest(${events}) AS listed (id) CROSS JOIN LATERAL (
    SELECT value, quality FROM datapoints WHERE event_id = listed.id AND ${within('ts', stretch)}
  ) found`

async function sumCounts(db: Kysely<Tables>, scope: ListScope, mostRows: number) {
  const parts = scope.stretches.flatMap((stretch) => countedParts(scope, stretch))
  const { rows } = await sql<{ total: number; seen: number }>`
    SELECT coalesce(sum(count), 0)::int8 AS total, count(*) AS seen
    FROM (SELECT count FROM (${sql.join(parts, sql` UNION ALL `)}) part LIMIT ${mostRows + 1}) counted`.execute(db)
  const { total, seen } = rows[0] ?? { total: 0, seen: 0 }
  return { total, isAll: seen <= mostRows }
}

/** SQL for a column `count` over the whole stretch, of as few rows as there are: days, at their sides hours, at theirs minutes, then datapoints. */
function countedParts({ events, closedUntil }: ListScope, { from, to }: Stretch): RawBuilder<unknown>[] {
  const raw = (edge: Stretch) => sql`
    SELECT 1::int8 AS count FROM unnest(${events}) AS listed (id) CROSS JOIN LATERAL (
      SELECT FROM datapoints WHERE event_id = listed.id AND ${within('ts', edge)} AND ${ofQuality('shown', 'datapoints')}
    ) edge`
  const [bottom, top] = [upTo(from, MINUTE), downTo(to, MINUTE)]
  if (bottom >= top) return [raw({ from, to })]
  const rollups = (level: RollupLevel) => (part: Stretch) =>
    sql`SELECT count FROM (${rollupRows({ events, level, ...part })}) rollups`
  // Days that are not over yet are read from hours, and those from minutes.
  const days = whole({ from: bottom, to: Math.min(top, downTo(closedUntil, DAY)) }, DAY)
  const hours = whole({ from: bottom, to: top }, HOUR)
  return [
    ...(from < bottom ? [raw({ from, to: bottom })] : []),
    ...outside({ from: bottom, to: top }, hours).map(rollups(60)),
    ...outside(hours, days).map(rollups(3600)),
    ...(days.from < days.to ? [rollups(86_400)(days)] : []),
    ...(top < to ? [raw({ from: top, to })] : []),
  ]
}

/** The whole units in a stretch; empty at its end where there are none. */
function whole({ from, to }: Stretch, unit: Micros): Stretch {
  const units = { from: upTo(from, unit), to: downTo(to, unit) }
  return units.from < units.to ? units : { from: to, to }
}

/** What of a stretch lies before and after a part of it. */
const outside = ({ from, to }: Stretch, part: Stretch): Stretch[] =>
  (part.from < part.to
    ? [
        { from, to: part.from },
        { from: part.to, to },
      ]
    : [{ from, to }]
  ).filter((side) => side.from < side.to)

/** By the share of each event's time that the scope covers, as if its readings came evenly; counted in full where nothing was measured yet. */
async function estimateShown(db: Kysely<Tables>, scope: ListScope): Promise<number> {
  const shares = scope.stretches.map(({ from, to }) => {
    const [lower, upper] = [moment(from), moment(to)]
    const length = sql`extract(epoch FROM last_at - first_at) + 1`
    const covered = sql`extract(epoch FROM least(${upper}, last_at) - greatest(${lower}, first_at)) + 1`
    return sql`greatest(0, least(1, (${covered}) / (${length})))`
  })
  const { rows } = await sql<{ total: number | null }>`
    SELECT round(sum(datapoints * least(1, ${sql.join(shares, sql` + `)})))::int8 AS total
    FROM event_statistics WHERE event_id = ANY(${scope.events}) AND first_at IS NOT NULL`.execute(db)
  const total = rows[0]?.total ?? null
  if (total !== null) return total
  return (await sumCounts(db, scope, Number.MAX_SAFE_INTEGER - 1)).total
}
