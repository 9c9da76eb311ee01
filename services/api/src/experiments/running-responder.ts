import type { Bus, Responder } from '@webmacs/bus'
import { formatTime, type RunningExperiment } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'
import { answerRequests } from '../answer-requests.ts'

/** Says which experiment runs now, if any: the live stream names it with each value. */
export function answerRunningExperiment(db: Kysely<Tables>, bus: Bus): Responder {
  return answerRequests(bus, bus.names.subjects.runningExperiment, Type.Object({}), () => readRunning(db))
}

async function readRunning(db: Kysely<Tables>): Promise<RunningExperiment> {
  const row = await db
    .selectFrom('experiments')
    .select(['public_id', 'started_on'])
    .where('started_on', 'is not', null)
    .where('stopped_on', 'is', null)
    .executeTakeFirst()
  if (row === undefined || row.started_on === null) return { experiment: null }
  return { experiment: { public_id: row.public_id, started_on: formatTime(row.started_on) } }
}
