import { type Static, Type } from 'typebox'
import { ExportId, UserId } from '../ids.ts'
import { Timestamp } from '../time.ts'
import { pageOf } from './common.ts'

export const EXPORT_FORMATS = ['csv', 'jsonl', 'parquet'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]
export const EXPORT_SHAPES = ['long', 'wide'] as const
export type ExportShape = (typeof EXPORT_SHAPES)[number]
/** Interval between rows → seconds; `raw`: readings as they were stored. */
export const EXPORT_INTERVALS = {
  raw: 0,
  '1s': 1,
  '10s': 10,
  '1min': 60,
  '10min': 600,
  '1h': 3600,
  '1d': 86_400,
} as const
export type ExportInterval = keyof typeof EXPORT_INTERVALS
export const EXPORT_METHODS = ['last', 'mean', 'min', 'max', 'linear', 'none'] as const
export type ExportMethod = (typeof EXPORT_METHODS)[number]

const EVENTS = {
  minItems: 1,
  maxItems: 1000,
  description: 'Public ids of events; left out: all',
  examples: [['evt_7k2m9q4tx3ab']],
}
const eventId = Type.String({ minLength: 1, maxLength: 64 })

const selection = {
  experiment: Type.Optional(
    Type.String({
      maxLength: 64,
      description: 'What was measured during this experiment',
      examples: ['exp_7k2m9q4tx3ab'],
    }),
  ),
  from: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 64,
      description: 'Not before this moment, UTC; instead of an experiment, or to narrow it',
      examples: ['2026-11-23T16:00:00Z'],
    }),
  ),
  to: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 64,
      description: 'Before this moment, UTC; left out: up to now',
      examples: ['2026-11-23T17:00:00Z'],
    }),
  ),
  format: Type.Unsafe<ExportFormat>(
    Type.Enum([...EXPORT_FORMATS], { default: 'csv', description: 'Form of the file' }),
  ),
  shape: Type.Unsafe<ExportShape>(
    Type.Enum([...EXPORT_SHAPES], {
      default: 'long',
      description: '`long`: a row for each reading; `wide`: a row for each moment with a column for each event',
    }),
  ),
  every: Type.Unsafe<ExportInterval>(
    Type.Enum(Object.keys(EXPORT_INTERVALS) as ExportInterval[], {
      default: 'raw',
      description:
        'Interval of the rows: `raw` is each reading, 1 s and 10 s are computed from readings, others from rollups',
    }),
  ),
  method: Type.Unsafe<ExportMethod>(
    Type.Enum([...EXPORT_METHODS], {
      default: 'none',
      description:
        'What stands in a cell of a wide table. `none`: readings at their own moments, only with `every=raw`; `linear`: interpolated at the start of each interval; others: of the interval',
    }),
  ),
  include_bad: Type.Boolean({
    default: false,
    description: 'Bad readings too, and a column that tells the quality; only readings as they were stored',
  }),
  metadata: Type.Boolean({
    default: false,
    description:
      'Begin the file with what it is about: lines after # in CSV, an object in JSON Lines. Parquet carries it in any case',
  }),
}

/** What is exported, and in which form. */
export const ExportSelection = Type.Object({ events: Type.Optional(Type.Array(eventId, EVENTS)), ...selection })
export type ExportSelection = Static<typeof ExportSelection>

/** The same in a query: `event` may come several times. */
export const ExportQuery = Type.Object(
  {
    event: Type.Optional(
      Type.Union([eventId, Type.Array(eventId, { minItems: 1, maxItems: 1000 })], {
        description: 'Public id of an event, once for each; left out: all',
        examples: ['evt_7k2m9q4tx3ab'],
      }),
    ),
    ...selection,
  },
  { additionalProperties: false },
)
export type ExportQuery = Static<typeof ExportQuery>

export const EXPORT_DELIVERIES = ['stream', 'file'] as const
export type ExportDelivery = (typeof EXPORT_DELIVERIES)[number]
export const EXPORT_STATES = ['waiting', 'running', 'done', 'failed', 'cancelled', 'expired'] as const
export type ExportState = (typeof EXPORT_STATES)[number]

export const CreateExport = Type.Object(
  {
    ...ExportSelection.properties,
    delivery: Type.Unsafe<ExportDelivery>(
      Type.Enum([...EXPORT_DELIVERIES], {
        default: 'stream',
        description:
          '`stream`: made while it is downloaded, once; `file`: made beforehand and kept for a time, its download can be resumed',
      }),
    ),
  },
  { additionalProperties: false },
)
export type CreateExport = Static<typeof CreateExport>

export const Export = Type.Object({
  public_id: ExportId,
  delivery: Type.Unsafe<ExportDelivery>(Type.Enum([...EXPORT_DELIVERIES], { description: 'How it is handed out' })),
  state: Type.Unsafe<ExportState>(Type.Enum([...EXPORT_STATES], { description: 'How far it is' })),
  selection: { ...ExportSelection, description: 'What is in it, and in which form' },
  file_name: Type.String({ description: 'Name of the file', examples: ['experiment_Run_42_exp_7k2m.csv'] }),
  expected_rows: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
    description: 'Rows to expect; null: not known',
    examples: [86_400],
  }),
  rows: Type.Integer({ minimum: 0, description: 'Rows made so far', examples: [86_400] }),
  bytes: Type.Integer({ minimum: 0, description: 'Bytes made so far', examples: [8_200_000] }),
  sha256: Type.Union([Type.String(), Type.Null()], {
    description: 'SHA-256 of a finished file, in hexadecimal',
    examples: ['9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
  }),
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
  expires_on: { ...Timestamp, description: 'Until when it can be downloaded' },
})
export type Export = Static<typeof Export>
export const ExportPage = pageOf(Export)

export const CreatedExport = Type.Object({
  ...Export.properties,
  download_url: Type.String({
    description: 'Path that downloads it without a token: whoever has it may, until it expires. Told only here',
    examples: ['/api/v1/exports/xpt_7k2m9q4tx3ab/download?key=b3JkZXI'],
  }),
})
export type CreatedExport = Static<typeof CreatedExport>

/** What an export is about. Travels in the file, and can be had by itself. */
export const ExportMetadata = Type.Object({
  software: Type.String({ description: 'What made it', examples: ['WebMACS 3.0.0'] }),
  created_on: Timestamp,
  from: { ...Timestamp, description: 'Start of the range' },
  to: { ...Timestamp, description: 'End of the range, not included' },
  time_zone: Type.String({
    description: 'How times are to be read',
    examples: ['UTC; intervals start at whole multiples of their length since 1970-01-01T00:00:00Z'],
  }),
  experiment: Type.Union(
    [
      Type.Object({
        public_id: Type.String({ description: 'Its id', examples: ['exp_7k2m9q4tx3ab'] }),
        name: Type.String({ description: 'Its name', examples: ['Run 42'] }),
        started_on: Type.Union([Timestamp, Type.Null()], {
          description: 'When it began',
          examples: ['2026-11-23T16:00:00Z'],
        }),
        stopped_on: Type.Union([Timestamp, Type.Null()], {
          description: 'When it ended; null: it runs',
          examples: [null],
        }),
      }),
      Type.Null(),
    ],
    { description: 'The experiment; null: a range of time', examples: [null] },
  ),
  events: Type.Array(
    Type.Object({
      public_id: Type.String({ description: 'Its id', examples: ['evt_7k2m9q4tx3ab'] }),
      name: Type.String({ description: 'Its name', examples: ['Inlet temperature'] }),
      unit: Type.String({ description: 'Unit of its values', examples: ['°C'] }),
      type: Type.String({ description: 'Type of the event', examples: ['sensor'] }),
      min_value: Type.Number({ description: 'Lower end of its range', examples: [0] }),
      max_value: Type.Number({ description: 'Upper end of its range', examples: [100] }),
      description: Type.Union([Type.String(), Type.Null()], { description: 'What it is', examples: [null] }),
    }),
    { description: 'The events, in the order of columns' },
  ),
  selection: { ...ExportSelection, description: 'What is in it, and in which form' },
  quality: Type.String({
    description: 'Which readings are in it',
    examples: ['Bad readings are left out'],
  }),
  expected_rows: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
    description: 'Rows to expect',
    examples: [86_400],
  }),
  gaps: Type.Array(
    Type.Object({
      from: Timestamp,
      to: Timestamp,
      source: Type.String({ description: 'What they were to come from', examples: ['local'] }),
      reason: Type.String({ description: 'Why they are missing', examples: ['outbox_overflow'] }),
    }),
    { description: 'Readings that are missing for good in this range' },
  ),
})
export type ExportMetadata = Static<typeof ExportMetadata>
