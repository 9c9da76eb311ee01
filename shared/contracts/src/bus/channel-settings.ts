import { type Static, Type } from 'typebox'

const number = (description: string, example: number) => Type.Number({ description, examples: [example] })
const milliseconds = (range: readonly [minimum: number, maximum: number], description: string, example: number) =>
  Type.Integer({
    minimum: range[0],
    maximum: range[1],
    description: `${description}, milliseconds`,
    examples: [example],
  })

const HOUR_MS = 3_600_000
export const MIN_INTERVAL_MS = 10
export const MAX_INTERVAL_MS = HOUR_MS

/** From what the channel measures (after the driver's own conversion) to what is true, in the channel's unit. */
export const Calibration = Type.Union(
  [
    Type.Object(
      {
        kind: Type.Literal('linear'),
        scale: number('What a measured unit is worth', 1.02),
        offset: number('Added after scaling', -0.3),
      },
      { description: 'true = measured · scale + offset' },
    ),
    Type.Object(
      {
        kind: Type.Literal('polynomial'),
        coefficients: Type.Array(Type.Number(), {
          minItems: 2,
          maxItems: 6,
          description: 'From the constant upwards',
          examples: [[0.1, 0.98, 0.0004]],
        }),
      },
      { description: 'true = c0 + c1 · measured + c2 · measured² …' },
    ),
    Type.Object(
      {
        kind: Type.Literal('table'),
        points: Type.Array(
          Type.Object({
            measured: number('What the channel shows', 99.1),
            reference: number('What the reference shows at the same time', 100),
          }),
          {
            minItems: 2,
            maxItems: 1000,
            description: 'Ascending in what is measured; straight lines between them and beyond the ends',
          },
        ),
      },
      { description: 'Points compared with a reference' },
    ),
  ],
  { description: 'How measured values become true ones', examples: [{ kind: 'linear', scale: 1.02, offset: -0.3 }] },
)
export type Calibration = Static<typeof Calibration>

/**
 * How an output may be driven, and what it does when nobody drives it. What is left out is as its driver says, else as described: the schema
 * has no defaults, so that what is kept is what was sent.
 */
export const OutputPolicy = Type.Object(
  {
    min: Type.Optional(number("Least value, in the unit; not below the driver's", 0)),
    max: Type.Optional(number("Greatest value, in the unit; not above the driver's", 80)),
    out_of_range: Type.Optional(
      Type.Unsafe<'clamp' | 'refuse'>(
        Type.Enum(['clamp', 'refuse'], {
          description: 'What becomes of a command beyond min and max; left out: clamp',
        }),
      ),
    ),
    max_rate: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        description: 'Fastest change from the value before, units a second; a faster one is refused',
        examples: [5],
      }),
    ),
    min_interval_ms: Type.Optional(
      milliseconds([0, HOUR_MS], 'Least time between two writes; a command that comes earlier is refused', 500),
    ),
    safe_value: Type.Optional(
      Type.Union([Type.Number(), Type.Null()], {
        description: 'Value of the safe state, in the unit; null: it stays as it is',
        examples: [0],
      }),
    ),
    on_contact_loss: Type.Optional(
      Type.Unsafe<'safe' | 'hold'>(
        Type.Enum(['safe', 'hold'], {
          description: 'When the controller has been without its server for longer than grace_ms; left out: safe',
        }),
      ),
    ),
    grace_ms: Type.Optional(
      milliseconds([0, 24 * HOUR_MS], 'How long the output is held without contact; left out: 30 s', 30_000),
    ),
    on_start: Type.Optional(
      Type.Unsafe<'safe' | 'hold' | 'last_confirmed'>(
        Type.Enum(['safe', 'hold', 'last_confirmed'], {
          description:
            'When its device is connected (again): the safe value; nothing is written; or the last setpoint that was confirmed; left out: safe',
        }),
      ),
    ),
    tolerance: Type.Optional(
      Type.Number({
        minimum: 0,
        description: 'How far the read-back may be from what was written, in the unit; left out: 1 % of the range',
        examples: [0.5],
      }),
    ),
    verify_within_ms: Type.Optional(
      milliseconds(
        [0, 600_000],
        'How long the read-back may take; left out: 3 s for int and bool, 10 s for float',
        3000,
      ),
    ),
  },
  { additionalProperties: false, description: 'Limits, safe state and verification of an output' },
)
export type OutputPolicy = Static<typeof OutputPolicy>

/** What people set of one channel. What is left out is as its driver says. */
export const ChannelSettings = Type.Object(
  {
    interval_ms: Type.Optional(
      milliseconds([MIN_INTERVAL_MS, MAX_INTERVAL_MS], 'How often it is sampled; left out: as its instance', 1000),
    ),
    deadband: Type.Optional(
      Type.Number({
        minimum: 0,
        description: 'Smaller changes are not recorded, in the unit; 0: only equal values are left out',
        examples: [0.05],
      }),
    ),
    max_silence_ms: Type.Optional(
      milliseconds(
        [MIN_INTERVAL_MS, HOUR_MS],
        'With a deadband: after so long the value is recorded in any case',
        60_000,
      ),
    ),
    calibration: Type.Optional(Calibration),
    output: Type.Optional(OutputPolicy),
  },
  {
    additionalProperties: false,
    description: 'Sampling, calibration and output policy of a channel',
    examples: [{ interval_ms: 200, deadband: 0.05, max_silence_ms: 60_000 }],
  },
)
export type ChannelSettings = Static<typeof ChannelSettings>
