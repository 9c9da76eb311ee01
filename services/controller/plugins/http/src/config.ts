import { DATA_TYPES } from '@webmacs/plugin-sdk'
import { type Static, Type } from 'typebox'

/** One of some words, which the set-up page shows as a choice. */
const choice = <const Words extends readonly string[]>(words: Words, title: string, description: string) =>
  Type.Unsafe<Words[number]>(Type.Enum([...words], { title, description, default: words[0] }))

const text = (title: string, description: string, options: { minLength?: number; default?: string } = {}) =>
  Type.String({ title, description, maxLength: 2000, default: '', ...options })

const VALUE_PATH =
  'Where the value stands in the JSON answer: sensors[0].temperature, or a JSON pointer such as /sensors/0/temperature. Empty: the answer itself'

const shared = {
  id: Type.String({
    title: 'Id',
    minLength: 1,
    maxLength: 100,
    default: 'value',
    description: 'Name of the channel for programs; it never changes, because events hold on to it',
  }),
  name: Type.String({ title: 'Name', maxLength: 255, default: '', description: 'Name for people. Empty: the id' }),
  data_type: choice(DATA_TYPES, 'Data type', 'bool: true and false, on and off, 1 and 0'),
  scale: Type.Number({ title: 'Scale', default: 1, description: 'value = raw · scale + offset' }),
  offset: Type.Number({ title: 'Offset', default: 0, description: 'value = raw · scale + offset, in the unit' }),
  unit: Type.String({
    title: 'Unit',
    minLength: 1,
    maxLength: 50,
    default: '1',
    description: 'Unit of the value, such as °C',
  }),
  min: Type.Number({ title: 'Minimum', default: 0, description: 'Lower end of the range, in the unit' }),
  max: Type.Number({ title: 'Maximum', default: 100, description: 'Upper end of the range, in the unit' }),
}

const ChannelSchema = Type.Object({
  ...shared,
  path: text('Path', 'Where to ask, below the base address; channels with the same path are asked for once', {
    default: '/',
  }),
  value_path: text('Value path', VALUE_PATH),
})

const OutputSchema = Type.Object({
  ...shared,
  method: choice(['PUT', 'POST', 'PATCH', 'GET'], 'Method', 'Of the request that sets the output'),
  path: text('Path', 'Where to set it, below the base address; {value} stands for the value', { default: '/' }),
  body: text('Body', 'What is sent; {value} stands for the value. Empty: no body', { default: '{value}' }),
  content_type: text('Content type', 'Of the body', { default: 'application/json' }),
  true_text: text('Text for on', 'What {value} becomes for a bool that is on', { default: 'true' }),
  false_text: text('Text for off', 'What {value} becomes for a bool that is off', { default: 'false' }),
  safe_value: Type.Optional(
    Type.Number({
      title: 'Safe value',
      description: 'What the output falls back to, in the unit. Left out: it keeps its last value',
    }),
  ),
  read_path: text('Read-back path', 'Where to ask what the output has now. Empty: it cannot be asked'),
  value_path: text('Value path', VALUE_PATH),
})

const HeaderSchema = Type.Object({
  name: text('Name', 'Name of the header', { minLength: 1, default: 'X-Api-Key' }),
  value: text('Value', 'Value that everyone may see'),
  secret: text('Secret value', 'Used instead of the value; never shown again'),
})

const EXAMPLE_CHANNELS: readonly Partial<ChannelConfig>[] = [
  { id: 'temperature', name: 'Temperature', path: '/state', value_path: 'temperature', unit: '°C' },
]
const EXAMPLE_OUTPUTS: readonly Partial<OutputConfig>[] = [
  { id: 'fan', name: 'Fan', path: '/fan', unit: '%', read_path: '/state', value_path: 'fan' },
]

/** Configuration of an instance. With nothing said it is a device with a sensor and a fan, as a pattern to change. */
export const ConfigSchema = Type.Object({
  base_url: Type.String({
    title: 'Base address',
    pattern: '^https?://[^/?#@]+',
    maxLength: 2000,
    default: 'http://192.168.1.20',
    description: 'Begins with http:// or https://; paths are appended to it. Credentials have fields of their own',
  }),
  method: choice(['GET', 'POST'], 'Method', 'Of the requests that read'),
  body: text('Body', 'JSON that is sent with POST when reading'),
  auth: choice(['none', 'basic', 'bearer'], 'Login', 'basic: user name and password. bearer: a token'),
  username: text('User name', 'For basic'),
  password: text('Password', 'For basic'),
  token: text('Token', 'For bearer'),
  headers: Type.Array(HeaderSchema, { title: 'Headers', maxItems: 20, default: [], description: 'Further headers' }),
  timeout_seconds: Type.Number({
    title: 'Timeout',
    minimum: 0.5,
    maximum: 30,
    default: 3,
    description: 'How long to wait for an answer, seconds',
  }),
  ca: Type.String({
    title: 'Certificate authority',
    maxLength: 100_000,
    default: '',
    description:
      'PEM text of the authority that signed the certificate of the device. Empty: those that everyone trusts',
  }),
  verify_certificate: Type.Boolean({
    title: 'Verify the certificate',
    default: true,
    description: 'Without it, anyone on the way can read and change what is said',
  }),
  channels: Type.Array(ChannelSchema, {
    title: 'Channels',
    maxItems: 1000,
    default: EXAMPLE_CHANNELS,
    description: 'What is read',
  }),
  outputs: Type.Array(OutputSchema, {
    title: 'Outputs',
    maxItems: 200,
    default: EXAMPLE_OUTPUTS,
    description: 'What is set',
  }),
})

export type HttpConfig = Static<typeof ConfigSchema>
export type ChannelConfig = Static<typeof ChannelSchema>
export type OutputConfig = Static<typeof OutputSchema>
