export interface SerialConfig {
  readonly path: string
  readonly baud_rate: number
  readonly data_bits: 5 | 6 | 7 | 8
  readonly parity: 'none' | 'even' | 'odd'
  readonly stop_bits: 1 | 1.5 | 2
  readonly rtscts: boolean
  readonly mode: 'poll' | 'push'
  readonly framing: Framing
  readonly timeout_seconds: number
  readonly pause_ms: number
  readonly channels: readonly InputConfig[]
  readonly outputs: readonly OutputConfig[]
}

export interface Framing {
  readonly by: 'delimiter' | 'length' | 'pattern'
  readonly delimiter: string
  readonly length: number
  readonly pattern: string
}

export interface InputConfig {
  readonly id: string
  readonly name: string
  readonly unit: string
  readonly min: number
  readonly max: number
  /** What is asked; in push mode nothing. */
  readonly request: string
  /** Where in a frame the number stands: the first group, or the whole match. */
  readonly pattern: string
  readonly scale: number
  readonly offset: number
}

export interface OutputConfig {
  readonly id: string
  readonly name: string
  readonly unit: string
  readonly min: number
  readonly max: number
  readonly data_type: 'float' | 'int' | 'bool'
  readonly decimals: number
  readonly command: string
  /** What the answer must look like; its first group is the read-back. Empty: there is no answer. */
  readonly reply: string
  readonly safe_value: number
}

const NUMBER = '[-+]?\\d+(?:[.,]\\d+)?(?:[eE][-+]?\\d+)?'

const text = (title: string, description: string, value: string) => ({
  type: 'string',
  title,
  description,
  maxLength: 1000,
  default: value,
})
const name = (title: string, description: string, value: string) => ({
  ...text(title, description, value),
  minLength: 1,
  maxLength: 100,
})
const number = (title: string, description: string, value: number) => ({
  type: 'number',
  title,
  description,
  default: value,
})
const choice = (title: string, description: string, values: readonly unknown[], value: unknown) => ({
  title,
  description,
  enum: values,
  default: value,
})

const EXAMPLE_INPUT = { id: 'weight', name: 'Weight', unit: 'g', min: 0, max: 4200, request: 'SI\\r\\n' }

export const CONFIG_SCHEMA = {
  type: 'object',
  properties: {
    path: name('Port', 'Device file or name of the serial port, like /dev/ttyUSB0 or COM3', '/dev/ttyUSB0'),
    baud_rate: { ...number('Baud rate', 'Bits a second', 9600), type: 'integer', minimum: 50, maximum: 4_000_000 },
    data_bits: choice('Data bits', 'Bits of each character', [5, 6, 7, 8], 8),
    parity: choice('Parity', 'Check bit of each character', ['none', 'even', 'odd'], 'none'),
    stop_bits: choice('Stop bits', 'At the end of each character', [1, 1.5, 2], 1),
    rtscts: { type: 'boolean', title: 'RTS/CTS', description: 'Hardware flow control', default: false },
    mode: choice('Mode', 'poll: the device answers requests; push: it sends by itself', ['poll', 'push'], 'poll'),
    framing: {
      type: 'object',
      title: 'Frames',
      description: 'Where what the device sends ends',
      default: {},
      properties: {
        by: choice('By', 'What ends a frame', ['delimiter', 'length', 'pattern'], 'delimiter'),
        delimiter: text('Delimiter', 'Characters that end a frame; \\r \\n \\t \\x00 … are understood', '\\r\\n'),
        length: {
          ...number('Length', 'Characters of a frame of fixed length', 8),
          type: 'integer',
          minimum: 1,
          maximum: 65_536,
        },
        pattern: text('Pattern', 'Regular expression that a whole frame matches', '<[^>]*>'),
      },
    },
    timeout_seconds: { ...number('Timeout', 'How long an answer may take, seconds', 2), minimum: 0.05, maximum: 60 },
    pause_ms: {
      ...number('Pause', 'Between two requests, milliseconds', 0),
      type: 'integer',
      minimum: 0,
      maximum: 10_000,
    },
    channels: {
      type: 'array',
      title: 'Sensors',
      description: 'What is read out of the frames',
      minItems: 1,
      maxItems: 500,
      default: [EXAMPLE_INPUT],
      items: {
        type: 'object',
        required: ['id'],
        properties: {
          id: name('Id', 'Short, unique, never changed', 'weight'),
          name: text('Name', 'For people; empty: the id', ''),
          unit: name('Unit', 'Engineering unit', '1'),
          min: number('Least', 'Lower end of the range, in the unit', 0),
          max: number('Greatest', 'Upper end of the range, in the unit', 100),
          request: text(
            'Request',
            'What is sent to be answered; the same request is sent once for all its channels',
            '',
          ),
          pattern: text('Pattern', 'Regular expression; its first group is the number', `(${NUMBER})`),
          scale: number('Scale', 'What one raw unit is worth', 1),
          offset: number('Offset', 'Added after scaling', 0),
        },
      },
    },
    outputs: {
      type: 'array',
      title: 'Outputs',
      description: 'What can be set',
      maxItems: 500,
      default: [],
      items: {
        type: 'object',
        required: ['id', 'command'],
        properties: {
          id: name('Id', 'Short, unique, never changed', 'speed'),
          name: text('Name', 'For people; empty: the id', ''),
          unit: name('Unit', 'Engineering unit', '1'),
          min: number('Least', 'Lower end of the range, in the unit', 0),
          max: number('Greatest', 'Upper end of the range, in the unit', 100),
          data_type: choice('Type', 'int and bool are sent without decimals', ['float', 'int', 'bool'], 'float'),
          decimals: { ...number('Decimals', 'Digits after the point', 2), type: 'integer', minimum: 0, maximum: 10 },
          command: {
            ...text('Command', 'What is sent; {value} stands for the number', 'SP {value}\\r\\n'),
            minLength: 1,
          },
          reply: text(
            'Reply',
            'Regular expression of the answer; a group is the read-back; empty: there is no answer',
            '',
          ),
          safe_value: number('Safe value', 'Set when nobody drives it any more', 0),
        },
      },
    },
  },
}
