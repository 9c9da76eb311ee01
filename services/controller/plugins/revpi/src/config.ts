export interface RevPiConfig {
  readonly configrsc: string
  readonly device: string
  readonly device_filter: readonly string[]
  readonly watchdog_ms: number
  readonly scalings: readonly Scaling[]
}

/** From the raw number of a variable to its unit. */
export interface Scaling {
  readonly name: string
  readonly scale: number
  readonly offset: number
  readonly unit: string
}

export const CONFIG_SCHEMA = {
  type: 'object',
  properties: {
    configrsc: {
      type: 'string',
      title: 'piCtory file',
      description: 'Empty: where piCtory keeps it',
      maxLength: 4096,
      default: '',
    },
    device: {
      type: 'string',
      title: 'Device file',
      description: 'The process image',
      minLength: 1,
      maxLength: 4096,
      default: '/dev/piControl0',
    },
    device_filter: {
      type: 'array',
      title: 'Modules',
      description: 'Descriptions (bmk) of the modules wanted; empty: all but the base device',
      items: { type: 'string' },
      default: [],
    },
    watchdog_ms: {
      type: 'integer',
      title: 'Output watchdog',
      description:
        'The Revolution Pi sets all outputs to 0 by itself when nothing drives them for so long, milliseconds; 0: never',
      minimum: 0,
      maximum: 600_000,
      default: 10_000,
    },
    scalings: {
      type: 'array',
      title: 'Scalings',
      description: 'Variables whose raw numbers stand for something else: value = raw · scale + offset',
      default: [],
      items: {
        type: 'object',
        required: ['name'],
        properties: {
          name: { type: 'string', title: 'Variable', description: 'As piCtory calls it', minLength: 1 },
          scale: { type: 'number', title: 'Scale', description: 'What one raw unit is worth', default: 1 },
          offset: { type: 'number', title: 'Offset', description: 'Added after scaling', default: 0 },
          unit: { type: 'string', title: 'Unit', description: 'Of the scaled value', minLength: 1, default: '1' },
        },
      },
    },
  },
}
