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
/** Where so many are expected they are not even begun to be read: readings that come unevenly need fewer. */
const FAR_TOO_MANY = 2 * MOST_ROWS
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
  const measured = await readMeasured(db, scope)
  if (measured !== undefined && measured.rollups > FAR_TOO_MANY) return { total: measured.total, isEstimate: true }
  const counted = await sumCounts(db, scope, MOST_ROWS)
  if (counted.isAll) return { total: counted.total, isEstimate: scope.isSpared }
  const total = measured?.total ?? (await countAll(db, scope))
  return { total: Math.max(total, counted.total), isEstimate: true }
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
  const measured = shown === 0 ? 0 : ((await readMeasured(db, scope))?.total ?? (await countAll(db, scope)))
  const estimate = shown === 0 ? 0 : (matching / shown) * measured
  return { total: Math.max(Math.round(estimate), matching), isEstimate: true }
}

const rawRows = ({ events }: ListScope, stretch: Stretch): RawBuilder<unknown> => sql`
  SELECT found.* FROM unnest(${events}) AS listed (id) CROSS JOIN LATERAL (
    SELECT value, quality FROM datapoints WHERE event_id = listed.id AND ${within('ts', stretch)}
  ) found`

async function sumCounts(db: Kysely<Tables>, scope: ListScope, mostRows: number) {
  const parts = scope.stretches.flatMap((stretch) => partsOf(scope, stretch)).map((part) => countsOf(scope, part))
  const { rows } = await sql<{ total: number; seen: number }>`
    SELECT coalesce(sum(count), 0)::int8 AS total, count(*) AS seen
    FROM (SELECT count FROM (${sql.join(parts, sql` UNION ALL `)}) part LIMIT ${mostRows + 1}) counted`.execute(db)
  const { total, seen } = rows[0] ?? { total: 0, seen: 0 }
  return { total, isAll: seen <= mostRows }
}

const countAll = async (db: Kysely<Tables>, scope: ListScope): Promise<number> =>
  (await sumCounts(db, scope, Number.MAX_SAFE_INTEGER - 1)).total

/** A part of a stretch, and what tells how many datapoints it has. */
interface Part extends Stretch {
  /** 0: the datapoints themselves. */
  readonly level: RollupLevel | 0
}

/** The whole stretch, of as few rows as there are: days, at their sides hours, at theirs minutes, then datapoints. */
function partsOf({ closedUntil }: ListScope, { from, to }: Stretch): Part[] {
  const of =
    (level: Part['level']) =>
    (part: Stretch): Part => ({ ...part, level })
  const [bottom, top] = [upTo(from, MINUTE), downTo(to, MINUTE)]
  if (bottom >= top) return [{ from, to, level: 0 }]
  // Days that are not over yet are read from hours, and hours from minutes.
  const closed = (unit: Micros): Stretch => whole({ from: bottom, to: Math.min(top, downTo(closedUntil, unit)) }, unit)
  const [hours, days] = [closed(HOUR), closed(DAY)]
  const edges = [
    { from, to: bottom },
    { from: top, to },
  ]
  return [
    ...edges.map(of(0)),
    ...outside({ from: bottom, to: top }, hours).map(of(60)),
    ...outside(hours, days).map(of(3600)),
    of(86_400)(days),
  ].filter((part) => part.from < part.to)
}

/** SQL for a column `count`. */
const countsOf = ({ events }: ListScope, { level, ...part }: Part): RawBuilder<unknown> =>
  level === 0
    ? sql`
      SELECT 1::int8 AS count FROM unnest(${events}) AS listed (id) CROSS JOIN LATERAL (
        SELECT FROM datapoints WHERE event_id = listed.id AND ${within('ts', part)} AND ${ofQuality('shown', 'datapoints')}
      ) edge`
    : sql`SELECT count FROM (${rollupRows({ events, level, ...part })}) rollups`

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

interface Measured {
  /** Datapoints. */
  readonly total: number
  /** Rows that would have to be read to count them. */
  readonly rollups: number
}

/**
 * By the share of each event's time that the scope covers, as if its readings came evenly; undefined where nothing was measured yet. A part
 * has no more rollups of an event than datapoints.
 */
async function readMeasured(db: Kysely<Tables>, scope: ListScope): Promise<Measured | undefined> {
  const seconds = ({ from, to }: Stretch): RawBuilder<number> =>
    sql`greatest(0, extract(epoch FROM least(${moment(to)}, last_at) - greatest(${moment(from)}, first_at))::float8 + 1)`
  const pointsIn = (stretch: Stretch): RawBuilder<number> =>
    sql`datapoints * least(1, ${seconds(stretch)} / (extract(epoch FROM last_at - first_at)::float8 + 1))`
  const total = scope.stretches.map(pointsIn)
  const rollups = scope.stretches
    .flatMap((stretch) => partsOf(scope, stretch))
    .map((part) => sql`least(${pointsIn(part)}, ${seconds(part)} / ${sql.lit(Math.max(part.level, 1e-6))})`)
  const { rows } = await sql<{ total: number | null; rollups: number | null }>`
    SELECT round(sum(least(datapoints, ${sql.join(total, sql` + `)})))::int8 AS total,
      round(sum(${sql.join(rollups, sql` + `)}))::int8 AS rollups
    FROM event_statistics WHERE event_id = ANY(${scope.events}) AND first_at IS NOT NULL`.execute(db)
  const [measured] = rows
  return measured == null || measured.total === null || measured.rollups === null
    ? undefined
    : { total: measured.total, rollups: measured.rollups }
}
