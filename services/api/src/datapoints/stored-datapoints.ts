import { AppError, type Datapoint, type ExperimentId, formatTime, type Micros, type Page } from '@webmacs/contracts'
import { experimentAt, moment, type Tables } from '@webmacs/database'
import { type Kysely, sql } from 'kysely'
import { limitOf, offsetOf } from '../http/paging.ts'
import { invalidField } from '../http/schema-validation.ts'
import { datapointAnswer, isShown } from './datapoint-answer.ts'
import { parseDatapointId } from './datapoint-id.ts'
import type { LastValue } from './last-values.ts'

/** Up to here rows are counted; beyond it a total is the planner's estimate, because counting would read them all. */
const EXACT_TOTAL = 20_000
/** Deeper pages would read and sort everything before them. */
const DEEPEST_OFFSET = 1_000_000
const FIRST_WINDOW: Micros = 10_000_000
const WINDOW_GROWTH = 30

/**
 * One page of all datapoints, newest first. Nothing orders them by time alone, so the page is looked for in a window back from the newest
 * reading that grows until it is full: the cost follows the page's depth, not what is stored.
 * @param newest time of the newest reading, as far as it is known
 * @throws AppError `request.invalid` past the newest million
 */
export async function listDatapoints(
  db: Kysely<Tables>,
  page: Page,
  newest: Micros,
): Promise<{ total: number; datapoints: Datapoint[] }> {
  const total = await countDatapoints(db)
  const offset = offsetOf(page)
  if (offset >= total) return { total, datapoints: [] }
  if (offset > DEEPEST_OFFSET) throw invalidField('query.page', `reaches past the newest ${DEEPEST_OFFSET} datapoints`)
  for (let window = FIRST_WINDOW; ; window *= WINDOW_GROWTH) {
    const from = window < newest ? newest - window : undefined
    const datapoints = await readPage(db, page, from)
    if (datapoints.length === limitOf(page) || from === undefined) return { total, datapoints }
  }
}

async function readPage(db: Kysely<Tables>, page: Page, from: Micros | undefined): Promise<Datapoint[]> {
  // The rows of the page are found first: only they need their event and experiment.
  const rows = await db
    .with('page', (cte) =>
      cte
        .selectFrom('datapoints')
        .select(['ts', 'value', 'event_id', 'quality'])
        .where(isShown('datapoints'))
        .$if(from !== undefined, (query) => query.where('ts', '>=', moment(from ?? 0)))
        .orderBy('ts', 'desc')
        .orderBy('event_id')
        .limit(limitOf(page))
        .offset(offsetOf(page)),
    )
    .selectFrom('page')
    .innerJoin('events', 'events.id', 'page.event_id')
    .select(['page.ts', sql<number>`page.value`.as('value'), 'page.quality', 'events.public_id as event'])
    .select(experimentAt(sql.ref('page.ts')).as('experiment'))
    .orderBy('page.ts', 'desc')
    .orderBy('page.event_id')
    .execute()
  return rows.map(datapointAnswer)
}

async function countDatapoints(db: Kysely<Tables>): Promise<number> {
  const { rows } = await sql<{ counted: number; estimated: number }>`
    SELECT
      (SELECT count(*) FROM (SELECT FROM datapoints WHERE ${isShown('datapoints')} LIMIT ${EXACT_TOTAL + 1}) first_rows) AS counted,
      (SELECT coalesce(sum(reltuples / relpages * (pg_relation_size(oid) / current_setting('block_size')::int)), 0)::int8
        FROM pg_class JOIN pg_inherits ON inhrelid = oid
        WHERE inhparent = 'datapoints'::regclass AND reltuples > 0 AND relpages > 0) AS estimated
  `.execute(db)
  const { counted = 0, estimated = 0 } = rows[0] ?? {}
  return counted <= EXACT_TOTAL ? counted : Math.max(counted, estimated)
}

/** @throws AppError `datapoint.unknown` */
export async function readDatapoint(db: Kysely<Tables>, id: string): Promise<Datapoint> {
  const key = parseDatapointId(id)
  const row =
    key &&
    (await db
      .selectFrom('datapoints')
      .innerJoin('events', 'events.id', 'datapoints.event_id')
      .select(['ts', sql<number>`datapoints.value`.as('value'), 'quality', 'events.public_id as event'])
      .select(experimentAt(sql.ref('datapoints.ts')).as('experiment'))
      .where('events.public_id', '=', key.event)
      .where('ts', '=', moment(key.time))
      .where(isShown('datapoints'))
      .executeTakeFirst())
  if (row === undefined) throw unknownDatapoint(id)
  return datapointAnswer(row)
}

export const unknownDatapoint = (id: string): AppError =>
  new AppError('datapoint.unknown', { detail: `Datapoint '${id}' not found.` })

/** The last values as datapoints: one statement finds the experiments of them all. */
export async function answerLastValues(db: Kysely<Tables>, values: readonly LastValue[]): Promise<Datapoint[]> {
  if (values.length === 0) return []
  const { rows } = await sql<{ position: number; experiment: ExperimentId | null }>`
    SELECT position, ${experimentAt(sql.ref('reading.ts'))} AS experiment
    FROM unnest(${values.map(({ time }) => formatTime(time))}::timestamptz[]) WITH ORDINALITY AS reading (ts, position)
  `.execute(db)
  const experiments = new Map(rows.map(({ position, experiment }) => [position - 1, experiment]))
  return values.map(({ event, time, value, quality }, position) =>
    datapointAnswer({ event, ts: time, value, quality, experiment: experiments.get(position) ?? null }),
  )
}
