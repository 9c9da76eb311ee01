import { type Static, Type } from 'typebox'
import { EventId } from '../ids.ts'
import { Timestamp } from '../time.ts'

export const AGGREGATES = ['min', 'max', 'mean', 'first', 'last', 'count'] as const
export type Aggregate = (typeof AGGREGATES)[number]

export const SERIES_FILLS = ['none', 'null', 'previous', 'linear'] as const
export type SeriesFill = (typeof SERIES_FILLS)[number]

/** Most events that one series request may name. */
export const MAX_SERIES_EVENTS = 100

export const SeriesQuery = Type.Object(
  {
    event_public_ids: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
      minItems: 1,
      maxItems: MAX_SERIES_EVENTS,
      description: 'Public ids of events, each once',
      examples: [['evt_7k2m9q4tx3ab']],
    }),
    from: Type.String({ minLength: 1, maxLength: 64, description: 'Start, UTC', examples: ['2026-11-23T16:00:00Z'] }),
    to: Type.String({
      minLength: 1,
      maxLength: 64,
      description: 'End, UTC, not included',
      examples: ['2026-11-23T17:00:00Z'],
    }),
    max_points: Type.Integer({
      minimum: 2,
      maximum: 10_000,
      default: 1000,
      description: 'Most points per event: the width of the chart in pixels',
    }),
    aggregates: Type.Array(Type.Unsafe<Aggregate>(Type.Enum([...AGGREGATES])), {
      minItems: 1,
      maxItems: AGGREGATES.length,
      uniqueItems: true,
      default: ['min', 'max', 'mean'],
      description: 'What is told of each interval when readings are summarised',
    }),
    fill: Type.Unsafe<SeriesFill>(
      Type.Enum([...SERIES_FILLS], {
        default: 'none',
        description:
          'What stands for an interval without readings: nothing, null, the value before it, or a line between its neighbours',
      }),
    ),
  },
  { additionalProperties: false },
)
export type SeriesQuery = Static<typeof SeriesQuery>

const column = (description: string) =>
  Type.Optional(Type.Array(Type.Union([Type.Number(), Type.Null()]), { description, examples: [[21.5, 21.7]] }))

/** One event's columns, all of one length. */
export const SeriesColumns = Type.Object({
  event_public_id: EventId,
  time: Type.Array(Type.Integer(), {
    description:
      'Moment of each reading, or start of each interval: microseconds since 1970-01-01T00:00:00Z, ascending',
    examples: [[1_795_449_600_000_000]],
  }),
  value: column('Readings as they were stored; only where `resolution` is 0'),
  quality: Type.Optional(
    Type.Array(Type.Integer(), {
      description: 'Quality of each reading as stored bits; left out where all are good',
      examples: [[0, 2]],
    }),
  ),
  min: column('Lowest of each interval'),
  max: column('Highest of each interval'),
  mean: column('Mean of the readings of each interval'),
  first: column('Earliest of each interval'),
  last: column('Latest of each interval'),
  count: column('Readings in each interval'),
})
export type SeriesColumns = Static<typeof SeriesColumns>

export const SeriesAnswer = Type.Object({
  from: {
    ...Timestamp,
    description: 'Where the first interval starts: whole intervals are told, so it may lie before what was asked',
  },
  to: { ...Timestamp, description: 'Where the last interval ends' },
  resolution: Type.Number({
    description: 'Length of an interval, seconds; 0: each reading by itself',
    examples: [60],
  }),
  read_from: Type.Integer({
    description: 'What it was made from: 0 readings, otherwise rollups of that many seconds',
    examples: [60],
  }),
  series: Type.Array(SeriesColumns, { description: 'One for each event, in the order of asking' }),
})
export type SeriesAnswer = Static<typeof SeriesAnswer>

/** Media type of the same answer as an Arrow IPC stream: columns `event` (dictionary), `time` (µs, UTC) and those that were asked for. */
export const ARROW_STREAM = 'application/vnd.apache.arrow.stream'
