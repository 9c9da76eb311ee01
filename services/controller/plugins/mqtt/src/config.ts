export type Qos = 0 | 1 | 2
export type DataType = 'float' | 'int' | 'bool'

export interface MqttConfig {
  readonly host: string
  readonly port: number
  readonly transport: 'tcp' | 'tls' | 'ws' | 'wss'
  readonly path: string
  readonly client_id: string
  readonly username: string
  readonly password: string
  readonly tls: {
    readonly ca: string
    readonly certificate: string
    readonly private_key: string
    readonly verify: boolean
  }
  readonly keepalive_seconds: number
  readonly timeout_seconds: number
  readonly channels: readonly InputConfig[]
  readonly outputs: readonly OutputConfig[]
}

export interface InputConfig {
  readonly id: string
  readonly name: string
  readonly unit: string
  readonly min: number
  readonly max: number
  readonly data_type: DataType
  readonly topic: string
  readonly value_path: string
  readonly qos: Qos
  readonly use_retained: boolean
  readonly scale: number
  readonly offset: number
  readonly expected_seconds: number
}

export interface OutputConfig {
  readonly id: string
  readonly name: string
  readonly unit: string
  readonly min: number
  readonly max: number
  readonly data_type: DataType
  readonly topic: string
  readonly payload: string
  readonly true_text: string
  readonly false_text: string
  readonly qos: Qos
  readonly retain: boolean
  readonly state_topic: string
  readonly state_path: string
  readonly safe_value: number
}

const text = (title: string, description: string, value = '') => ({
  type: 'string',
  title,
  description,
  maxLength: 1000,
  default: value,
})
const name = (title: string, description: string, value: string) => ({
  ...text(title, description, value),
  minLength: 1,
})
const number = (title: string, description: string, value: number) => ({
  type: 'number',
  title,
  description,
  default: value,
})
const flag = (title: string, description: string, value: boolean) => ({
  type: 'boolean',
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
const pem = (title: string, description: string) => ({
  ...text(title, description),
  maxLength: 20_000,
  format: 'textarea',
})

const QOS = choice('Quality of service', '0: at most once, 1: at least once, 2: exactly once', [0, 1, 2], 1)
const TYPE = choice('Type', 'bool understands on and off, true and false, 1 and 0', ['float', 'int', 'bool'], 'float')
const RANGE = {
  min: number('Least', 'Lower end of the range, in the unit', 0),
  max: number('Greatest', 'Upper end of the range, in the unit', 100),
}

const INPUT = {
  type: 'object',
  required: ['id', 'topic'],
  properties: {
    id: name('Id', 'Short, unique, never changed', 'temperature'),
    name: text('Name', 'For people; empty: the id'),
    unit: name('Unit', 'Engineering unit', '1'),
    ...RANGE,
    data_type: TYPE,
    topic: name('Topic', 'Wildcards + and # are allowed', 'lab/temperature'),
    value_path: text(
      'Where in the payload',
      'sensors[0].temperature, or a JSON pointer like /sensors/0/temperature; empty: the payload is the value',
    ),
    qos: QOS,
    use_retained: flag('Retained', 'Whether a value that the broker kept from earlier counts as one of now', false),
    scale: number('Scale', 'What one raw unit is worth', 1),
    offset: number('Offset', 'Added after scaling', 0),
    expected_seconds: {
      ...number(
        'Expected every',
        'Three times so long without a value, and it is stale, seconds; 0: whenever it comes',
        0,
      ),
      minimum: 0,
      maximum: 3600,
    },
  },
}

const OUTPUT = {
  type: 'object',
  required: ['id', 'topic'],
  properties: {
    id: name('Id', 'Short, unique, never changed', 'valve'),
    name: text('Name', 'For people; empty: the id'),
    unit: name('Unit', 'Engineering unit', '1'),
    ...RANGE,
    data_type: TYPE,
    topic: name('Topic', 'Where it is published', 'lab/valve/set'),
    payload: name('Payload', '{value} stands for the value', '{value}'),
    true_text: name('On', 'What {value} is for 1 of a bool', '1'),
    false_text: name('Off', 'What {value} is for 0 of a bool', '0'),
    qos: QOS,
    retain: flag('Retain', 'Whether the broker keeps it for those who come later', false),
    state_topic: text('State topic', 'Where the device tells what it has: the read-back; empty: it does not'),
    state_path: text('Where in the state', 'As for sensors; empty: the payload is the value'),
    safe_value: number('Safe value', 'Set when nobody drives it any more', 0),
  },
}

export const CONFIG_SCHEMA = {
  type: 'object',
  properties: {
    host: name('Broker', 'Name or address', '192.168.1.10'),
    port: { ...number('Port', '1883, with TLS usually 8883', 1883), type: 'integer', minimum: 1, maximum: 65_535 },
    transport: choice(
      'Transport',
      'tls and wss are encrypted; ws and wss go over WebSocket',
      ['tcp', 'tls', 'ws', 'wss'],
      'tcp',
    ),
    path: text('Path', 'Of the WebSocket', '/mqtt'),
    client_id: text('Client id', 'Empty: a new one each time'),
    username: text('User', 'Empty: none'),
    password: { ...text('Password', 'Of the user'), format: 'password' },
    tls: {
      type: 'object',
      title: 'TLS',
      description: 'For tls and wss',
      default: {},
      properties: {
        ca: pem('Authority', 'Certificate of the authority to trust, PEM; empty: those of the system'),
        certificate: pem('Certificate', 'Of this client, PEM; empty: none'),
        private_key: { ...pem('Private key', 'Of this client, PEM'), format: 'password' },
        verify: flag('Verify', 'Whether the broker must prove who it is; off only for trials', true),
      },
    },
    keepalive_seconds: {
      ...number('Keep alive', 'How soon a dead connection is noticed, seconds', 15),
      minimum: 1,
      maximum: 3600,
    },
    timeout_seconds: {
      ...number('Timeout', 'For connecting, and for acknowledgements, seconds', 5),
      minimum: 0.5,
      maximum: 60,
    },
    channels: {
      type: 'array',
      title: 'Sensors',
      description: 'What is subscribed',
      maxItems: 1000,
      default: [{ id: 'temperature', topic: 'lab/temperature', unit: '°C' }],
      items: INPUT,
    },
    outputs: {
      type: 'array',
      title: 'Outputs',
      description: 'What is published',
      maxItems: 500,
      default: [],
      items: OUTPUT,
    },
  },
}
