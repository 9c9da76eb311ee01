import { type FormField, formOf, type JsonSchema } from '../schema-form/form-model.ts'

const ms = (title: string, description: string, range: { minimum: number; maximum: number }): JsonSchema => ({
  type: 'integer',
  title,
  description,
  unit: 'ms',
  ...range,
})
const HOUR_MS = 3_600_000

/** What a channel of any kind can be set to, as `ChannelSettings` of the contracts says it, with words for people. */
const reading = (unit: string): JsonSchema => ({
  interval_ms: ms('Interval', 'How often it is sampled; empty: as the device', { minimum: 10, maximum: HOUR_MS }),
  deadband: {
    type: 'number',
    title: 'Deadband',
    description: 'Smaller changes are not recorded; 0: only equal values are left out',
    unit,
    minimum: 0,
  },
  max_silence_ms: ms('Longest silence', 'With a deadband: recorded after so long in any case', {
    minimum: 10,
    maximum: HOUR_MS,
  }),
  calibration: {
    title: 'Calibration',
    description: 'From what the channel measures to what is true',
    oneOf: [
      {
        title: 'Linear: measured · scale + offset',
        properties: {
          kind: { const: 'linear' },
          scale: { type: 'number', title: 'Scale', default: 1 },
          offset: { type: 'number', title: 'Offset', unit, default: 0 },
        },
        required: ['kind', 'scale', 'offset'],
      },
      {
        title: 'Polynomial: c0 + c1 · measured + c2 · measured² …',
        properties: {
          kind: { const: 'polynomial' },
          coefficients: {
            type: 'array',
            title: 'Coefficients',
            description: 'From the constant upwards',
            items: { type: 'number', title: 'Coefficient' },
            minItems: 2,
            maxItems: 6,
            default: [0, 1],
          },
        },
        required: ['kind', 'coefficients'],
      },
      {
        title: 'Table: points compared with a reference',
        properties: {
          kind: { const: 'table' },
          points: {
            type: 'array',
            title: 'Points',
            description: 'Ascending in what is measured; straight lines between them and beyond the ends',
            items: {
              type: 'object',
              title: 'Point',
              properties: {
                measured: { type: 'number', title: 'Measured', unit },
                reference: { type: 'number', title: 'Reference', unit },
              },
              required: ['measured', 'reference'],
            },
            minItems: 2,
            maxItems: 1000,
          },
        },
        required: ['kind', 'points'],
      },
    ],
  },
})

const output = (unit: string): JsonSchema => ({
  type: 'object',
  title: 'Output',
  description: 'What is left empty is as the driver says',
  properties: {
    min: { type: 'number', title: 'Least value', unit },
    max: { type: 'number', title: 'Greatest value', unit },
    out_of_range: {
      title: 'Commands beyond them',
      oneOf: [
        { const: 'clamp', title: 'Are brought to the limit' },
        { const: 'refuse', title: 'Are refused' },
      ],
    },
    max_rate: {
      type: 'number',
      title: 'Fastest change',
      description: 'A faster one is refused',
      unit: `${unit}/s`,
      minimum: 0,
    },
    min_interval_ms: ms('Least time between two writes', 'What comes earlier is refused', {
      minimum: 0,
      maximum: HOUR_MS,
    }),
    safe_value: { type: 'number', title: 'Safe value', description: 'What it is set to when nobody drives it', unit },
    on_contact_loss: {
      title: 'Without contact to the server',
      oneOf: [
        { const: 'safe', title: 'Safe value, after the grace time' },
        { const: 'hold', title: 'Stays as it is' },
      ],
    },
    grace_ms: ms('Grace time', 'How long it is held without contact', { minimum: 0, maximum: 24 * HOUR_MS }),
    on_start: {
      title: 'When the device is connected',
      oneOf: [
        { const: 'safe', title: 'Safe value' },
        { const: 'hold', title: 'Nothing is written' },
        { const: 'last_confirmed', title: 'Last confirmed setpoint' },
      ],
    },
    tolerance: {
      type: 'number',
      title: 'Tolerance',
      description: 'How far the read-back may be off; empty: 1 % of the range',
      unit,
      minimum: 0,
    },
    verify_within_ms: ms('Time for the read-back', 'Empty: 3 s, for numbers with a fraction 10 s', {
      minimum: 0,
      maximum: 600_000,
    }),
  },
})

/** The form of a channel's settings. */
export const channelSettingsForm = (unit: string, hasOutput: boolean): FormField =>
  formOf({
    type: 'object',
    title: 'Settings',
    properties: { ...reading(unit), ...(hasOutput ? { output: output(unit) } : {}) },
  })
