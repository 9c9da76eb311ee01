import { type Static, Type } from 'typebox'
import { EventId, ExperimentId, HistorianJobId, UserId } from '../ids.ts'
import { Timestamp } from '../time.ts'
import { pageOf } from './common.ts'

const days = (description: string) =>
  Type.Union([Type.Integer({ minimum: 1, maximum: 36_500 }), Type.Null()], { description, examples: [90] })

/** A misspelt field would ask for more than was meant. */
const STRICT = { additionalProperties: false }

/** How long measured data is kept. What belongs to an experiment that is marked `keep` is spared. */
export const Retention = Type.Object(
  {
    raw_days: days('Datapoints are kept this many days; null: for ever'),
    minute_days: days('Rollups finer than an hour are kept this many days, not fewer than datapoints; null: for ever'),
  },
  STRICT,
)
export type Retention = Static<typeof Retention>

const bytes = (description: string) => Type.Integer({ minimum: 0, description, examples: [1_048_576] })
const optionalBytes = (description: string) =>
  Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], { description, examples: [1_048_576] })

/** What the historian holds, as last measured. */
export const Holdings = Type.Object({
  datapoints: Type.Integer({ minimum: 0, description: 'Datapoints stored, about', examples: [17_280_000] }),
  datapoint_bytes: bytes('What they take on the disk with their indexes'),
  rollup_bytes: bytes('What rollups take with their indexes'),
  bytes_per_datapoint: Type.Union([Type.Number(), Type.Null()], {
    description: 'Both by datapoints; null: there are none',
    examples: [97.2],
  }),
  bytes_per_day: Type.Number({ description: "What is added a day at today's rate", examples: [168_000_000] }),
  disk_total_bytes: optionalBytes('Size of the disk of the database; null: not known'),
  disk_free_bytes: optionalBytes('Free on it; null: not known'),
  full_on: Type.Union([Timestamp, Type.Null()], {
    description: "When the disk is full at today's rate; null: not known, or retention keeps it from that",
    examples: ['2027-03-01T00:00:00Z'],
  }),
  measured_on: Type.Union([Timestamp, Type.Null()], {
    description: 'When this was measured; null: not yet',
    examples: ['2026-11-23T16:12:13.408444Z'],
  }),
})
export type Holdings = Static<typeof Holdings>

export const EventHoldings = Type.Object({
  event_public_id: EventId,
  event_name: Type.String({ description: 'Name of the event', examples: ['Inlet temperature'] }),
  retired: Type.Boolean({ description: 'The event was deleted; its datapoints stay' }),
  datapoints: Type.Integer({ minimum: 0, description: 'Datapoints measured', examples: [864_000] }),
  bytes: bytes('What they take, about'),
  first_on: Type.Union([Timestamp, Type.Null()], {
    description: 'The earliest; null: none',
    examples: ['2026-11-01T00:00:00Z'],
  }),
  last_on: Type.Union([Timestamp, Type.Null()], {
    description: 'The latest; null: none',
    examples: ['2026-11-23T16:12:13.408444Z'],
  }),
  per_second: Type.Number({ description: 'Datapoints a second over the last 24 hours', examples: [1] }),
})
export type EventHoldings = Static<typeof EventHoldings>
export const EventHoldingsPage = pageOf(EventHoldings)

export const MAINTENANCE_TASKS = ['partitions', 'rollups', 'retention', 'statistics', 'jobs'] as const
export type MaintenanceTask = (typeof MAINTENANCE_TASKS)[number]

export const MaintenanceRun = Type.Object({
  id: Type.Integer({ description: 'Rises with each run', examples: [12] }),
  task: Type.Unsafe<MaintenanceTask>(Type.Enum([...MAINTENANCE_TASKS], { description: 'What was done' })),
  runner: Type.String({ description: 'Host and process', examples: ['plant-1:4711'] }),
  started_on: Timestamp,
  ended_on: Type.Union([Timestamp, Type.Null()], {
    description: 'When it ended; null: it runs, or the process died',
    examples: ['2026-11-23T16:12:13.408444Z'],
  }),
  counts: Type.Record(Type.String(), Type.Number(), {
    description: 'What it did',
    examples: [{ hours_closed: 1, rollups: 500 }],
  }),
  error: Type.Union([Type.String(), Type.Null()], { description: 'Why it failed; null: it did not', examples: [null] }),
})
export type MaintenanceRun = Static<typeof MaintenanceRun>
export const MaintenancePage = pageOf(MaintenanceRun)

export const HISTORIAN_JOB_KINDS = ['delete', 'repair'] as const
export type HistorianJobKind = (typeof HISTORIAN_JOB_KINDS)[number]
export const HISTORIAN_JOB_STATES = ['waiting', 'running', 'done', 'failed'] as const
export type HistorianJobState = (typeof HISTORIAN_JOB_STATES)[number]

const someEvents = Type.Optional(
  Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
    minItems: 1,
    maxItems: 1000,
    description: 'Public ids of events; left out: all',
    examples: [['evt_7k2m9q4tx3ab']],
  }),
)
const start = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'Not before this moment, UTC',
  examples: ['2026-11-23T16:00:00Z'],
})
const end = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'Before this moment, UTC',
  examples: ['2026-11-23T17:00:00Z'],
})

/** Either an experiment or a range of time, which may be narrowed to some events. */
export const DeletionRequest = Type.Object(
  {
    event_public_ids: someEvents,
    experiment_public_id: Type.Optional(
      Type.String({ maxLength: 64, description: 'What was measured during it', examples: ['exp_7k2m9q4tx3ab'] }),
    ),
    from: Type.Optional(start),
    to: Type.Optional(end),
    dry_run: Type.Boolean({ default: false, description: 'Only count what would be deleted' }),
  },
  STRICT,
)
export type DeletionRequest = Static<typeof DeletionRequest>

export const RepairRequest = Type.Object({ event_public_ids: someEvents, from: start, to: end }, STRICT)
export type RepairRequest = Static<typeof RepairRequest>

/** A deletion or a repair, and how far it has come. */
export const HistorianJob = Type.Object({
  public_id: Type.Union([HistorianJobId, Type.Null()], {
    description: 'Its id; null: nothing but counting was asked for',
    examples: ['job_7k2m9q4tx3ab'],
  }),
  kind: Type.Unsafe<HistorianJobKind>(Type.Enum([...HISTORIAN_JOB_KINDS], { description: 'What is done' })),
  state: Type.Unsafe<HistorianJobState | 'counted'>(
    Type.Enum(['counted', ...HISTORIAN_JOB_STATES], { description: 'How far it is' }),
  ),
  event_public_ids: Type.Union([Type.Array(EventId), Type.Null()], {
    description: 'Events concerned; null: all',
    examples: [null],
  }),
  experiment_public_id: Type.Union([ExperimentId, Type.Null()], {
    description: 'The experiment that was named; null: a range of time was',
    examples: [null],
  }),
  from: Timestamp,
  to: Timestamp,
  expected: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
    description: 'Datapoints in the range when it was asked for; null: not counted',
    examples: [3600],
  }),
  done: Type.Integer({ minimum: 0, description: 'Datapoints deleted, or rollups made anew, so far', examples: [3600] }),
  error: Type.Union([Type.String(), Type.Null()], { description: 'Why it failed', examples: [null] }),
  user_public_id: Type.Union([UserId, Type.Null()], {
    description: 'Who asked for it',
    examples: ['usr_7k2m9q4tx3ab'],
  }),
  created_on: Timestamp,
  ended_on: Type.Union([Timestamp, Type.Null()], {
    description: 'When it ended; null: not yet',
    examples: ['2026-11-23T16:12:13.408444Z'],
  }),
})
export type HistorianJob = Static<typeof HistorianJob>
export const HistorianJobPage = pageOf(HistorianJob)
