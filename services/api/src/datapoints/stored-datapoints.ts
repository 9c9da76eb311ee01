import {
  AppError,
  type Datapoint,
  type ExperimentId,
  formatTime,
  type Micros,
  parseDatapointId,
} from '@webmacs/contracts'
import { experimentAt, moment, type Tables } from '@webmacs/database'
import { type Kysely, sql } from 'kysely'
import { datapointAnswer, isShown } from './datapoint-answer.ts'
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

/** Values of this long before the newest share a look at the experiments since. */
const RECENT: Micros = 3_600_000_000

/** The last values as datapoints: one statement finds the experiments of them all. */
export async function answerLastValues(db: Kysely<Tables>, values: readonly LastValue[]): Promise<Datapoint[]> {
  if (values.length === 0) return []
  const windows = await windowsAround(
    db,
    values.map(({ time }) => time),
  )
  return values.map(({ event, time, value, quality }) =>
    datapointAnswer({ event, ts: time, value, quality, experiment: experimentIn(windows, time) }),
  )
}

interface ExperimentWindow {
  readonly public_id: ExperimentId
  readonly started_on: Micros
  readonly stopped_on: Micros | null
}

/**
 * The experiments that may hold one of these moments, the latest first. Most of them lie close together: the experiments since are read once
 * for them all, and one is looked up for each of the others.
 */
async function windowsAround(db: Kysely<Tables>, times: readonly Micros[]): Promise<ExperimentWindow[]> {
  const newest = times.reduce((latest, time) => Math.max(latest, time))
  const recent = newest - RECENT
  const looked = [recent, ...times.filter((time) => time < recent)]
  const { rows } = await sql<ExperimentWindow>`
    SELECT public_id, started_on, stopped_on FROM experiments
    WHERE started_on > ${moment(recent)} AND started_on <= ${moment(newest)}
    UNION
    SELECT latest.* FROM unnest(${looked.map(formatTime)}::timestamptz[]) AS reading (ts) CROSS JOIN LATERAL (
      SELECT public_id, started_on, stopped_on FROM experiments
      WHERE started_on <= reading.ts ORDER BY started_on DESC LIMIT 1
    ) latest
    ORDER BY started_on DESC`.execute(db)
  return rows
}

/** As `experimentAt` says it: windows do not overlap, so only the one that started last before the moment can hold it. */
function experimentIn(windows: readonly ExperimentWindow[], time: Micros): ExperimentId | null {
  const latest = windows.find(({ started_on }) => started_on <= time)
  return latest !== undefined && (latest.stopped_on === null || latest.stopped_on > time) ? latest.public_id : null
}
