import {
  AppError,
  type DeletionRequest,
  type EventId,
  type ExperimentId,
  type Micros,
  nowMicros,
  type RepairRequest,
} from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { momentIn } from '@webmacs/http-kit/moments'
import { invalidField } from '@webmacs/http-kit/schema-validation'
import type { Kysely } from 'kysely'

/** What a job is about: `[from, to)` of some events. */
export interface JobRange {
  /** null: all events. */
  readonly events: readonly SelectedEvent[] | null
  readonly from: Micros
  readonly to: Micros
  /** The experiment that was named. */
  readonly experiment: ExperimentId | null
}

export interface SelectedEvent {
  readonly key: number
  readonly id: EventId
}

/**
 * What a deletion is about. An experiment that runs is taken as far as it has come; the time of whoever asks without an end would be
 * anybody's guess, so a range has both ends.
 * @throws AppError `request.invalid`, `datapoint.range`, `event.unknown`, `experiment.unknown`
 */
export async function deletionRange(db: Kysely<Tables>, asked: DeletionRequest): Promise<JobRange> {
  const { experiment_public_id: experiment, from, to, event_public_ids } = asked
  if (experiment === undefined) {
    if (from === undefined && to === undefined) {
      throw invalidField('body.experiment_public_id', 'is required, or a range of time with from and to')
    }
    if (from === undefined) throw invalidField('body.from', 'is required where an end is given')
    if (to === undefined) throw invalidField('body.to', 'is required where a start is given')
    return timeRange(db, { from, to, ...(event_public_ids && { event_public_ids }) })
  }
  if (from !== undefined) throw invalidField('body.from', 'must be left out where an experiment is named', from)
  if (to !== undefined) throw invalidField('body.to', 'must be left out where an experiment is named', to)
  const window = await experimentWindow(db, experiment)
  return { ...window, events: await selectEvents(db, event_public_ids) }
}

/** @throws AppError `request.invalid`, `datapoint.range`, `event.unknown` */
export async function timeRange(db: Kysely<Tables>, asked: RepairRequest): Promise<JobRange> {
  const [from, to] = [momentIn('body.from', asked.from), momentIn('body.to', asked.to)]
  if (from >= to) throw emptyRange('`from` has to be before `to`.')
  return { from, to, experiment: null, events: await selectEvents(db, asked.event_public_ids) }
}

async function experimentWindow(db: Kysely<Tables>, id: string): Promise<Omit<JobRange, 'events'>> {
  const row = await db
    .selectFrom('experiments')
    .select(['public_id', 'started_on', 'stopped_on'])
    .where('public_id', '=', id as ExperimentId) // any text is looked up
    .executeTakeFirst()
  if (row === undefined) throw new AppError('experiment.unknown', { detail: `Experiment '${id}' not found.` })
  const { public_id: experiment, started_on: from, stopped_on } = row
  const to = stopped_on ?? nowMicros()
  if (from === null || from >= to) throw emptyRange('The experiment has not begun yet.')
  return { experiment, from, to }
}

/** Also events that were retired: their datapoints are kept, and may be deleted. */
async function selectEvents(db: Kysely<Tables>, ids: readonly string[] | undefined): Promise<SelectedEvent[] | null> {
  if (ids === undefined) return null
  const wanted = [...new Set(ids)] as EventId[] // any text is looked up
  const found = await db
    .selectFrom('events')
    .select(['id as key', 'public_id as id'])
    .where('public_id', 'in', wanted)
    .orderBy('id')
    .execute()
  const missing = wanted.find((id) => !found.some((event) => event.id === id))
  if (missing !== undefined) throw new AppError('event.unknown', { detail: `Event '${missing}' not found.` })
  return found
}

const emptyRange = (detail: string): AppError => new AppError('datapoint.range', { detail })
