import { AppError, type Datapoint, type ExperimentId, formatTime } from '@webmacs/contracts'
import { experimentAt, moment, type Tables } from '@webmacs/database'
import { type Kysely, sql } from 'kysely'
import { datapointAnswer, isShown } from './datapoint-answer.ts'
import { parseDatapointId } from './datapoint-id.ts'
import type { LastValue } from './last-values.ts'

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
