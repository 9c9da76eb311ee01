import { AppError, type Datapoint, type ExperimentId, formatTime, type Page } from '@webmacs/contracts'
import { experimentAt, moment, type Tables } from '@webmacs/database'
import { limitOf, offsetOf } from '@webmacs/http-kit/paging'
import { invalidField } from '@webmacs/http-kit/schema-validation'
import { type Kysely, sql } from 'kysely'
import { datapointAnswer, isShown } from './datapoint-answer.ts'
import { parseDatapointId } from './datapoint-id.ts'
import type { DatapointTotals } from './datapoint-totals.ts'
import type { LastValue } from './last-values.ts'

/** Deeper pages would read everything before them. */
const DEEPEST_OFFSET = 1_000_000

/**
 * One page of all datapoints, newest first: the cost follows the page's depth, not what is stored.
 * @throws AppError `request.invalid` past the newest million
 */
export async function listDatapoints(
  db: Kysely<Tables>,
  totals: DatapointTotals,
  page: Page,
): Promise<{ total: number; datapoints: Datapoint[] }> {
  const offset = offsetOf(page)
  const total = await totals.read(db)
  if (offset >= total) return { total, datapoints: [] }
  if (offset > DEEPEST_OFFSET) throw invalidField('query.page', `reaches past the newest ${DEEPEST_OFFSET} datapoints`)
  return { total, datapoints: await readPage(db, page) }
}

async function readPage(db: Kysely<Tables>, page: Page): Promise<Datapoint[]> {
  // The rows of the page are found first: only they need their event and experiment.
  const rows = await db
    .with('page', (cte) =>
      cte
        .selectFrom('datapoints')
        .select(['ts', 'value', 'event_id', 'quality'])
        .where(isShown('datapoints'))
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
