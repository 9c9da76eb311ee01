import { type Static, type TSchema, Type } from 'typebox'

export const KINDS = ['coil', 'discrete_input', 'holding_register', 'input_register'] as const
export type Kind = (typeof KINDS)[number]

export const RAW_TYPES = [
  'bool',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'float32',
  'float64',
] as const
export type RawType = (typeof RAW_TYPES)[number]

/** One of some words, which the set-up page shows as a choice. */
const choice = <const Words extends readonly string[]>(words: Words, title: string, description: string, first = 0) =>
  Type.Unsafe<Words[number]>(Type.Enum([...words], { title, description, default: words[first] }))

const ENDS = ['big', 'little'] as const

const RegisterSchema = Type.Object({
  id: Type.String({
    title: 'Id',
    minLength: 1,
    maxLength: 100,
    default: 'value',
    description: 'Name of the channel for programs; it never changes, because events hold on to it',
  }),
  name: Type.String({ title: 'Name', maxLength: 255, default: '', description: 'Name for people. Empty: the id' }),
  kind: choice(
    KINDS,
    'Table',
    'Which of the four tables of the device: coils (bits) and holding registers can be written',
    2,
  ),
  address: Type.Integer({
    title: 'Address',
    minimum: 0,
    maximum: 65_536,
    default: 0,
    description: 'Of the first register, counted as "addressing" says, without a leading digit for the table',
  }),
  data_type: choice(
    RAW_TYPES,
    'Data type',
    'What the registers hold. 32-bit types take two registers, 64-bit types four. Coils and discrete inputs are always bool',
    2,
  ),
  byte_order: choice(
    ENDS,
    'Byte order',
    'Inside a register; the standard says big: the more significant byte comes first',
  ),
  word_order: choice(ENDS, 'Word order', 'Of several registers; big: the more significant register comes first'),
  bit: Type.Optional(
    Type.Integer({
      title: 'Bit',
      minimum: 0,
      maximum: 15,
      description: 'With bool in a register: only this bit, 0 the least significant. Left out: anything but 0 is on',
    }),
  ),
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
  max: Type.Number({
    title: 'Maximum',
    default: 100,
    description: 'Upper end of the range, in the unit. Writing is limited to the range',
  }),
  writable: Type.Boolean({ title: 'Writable', default: false, description: 'An output: coils and holding registers' }),
  safe_value: Type.Optional(
    Type.Number({
      title: 'Safe value',
      description: 'What an output falls back to, in the unit. Left out: it keeps its last value',
    }),
  ),
  readback: Type.Boolean({
    title: 'Read back',
    default: true,
    description: 'Whether an output can be read as well; what the device says then confirms a command',
  }),
  unit_id: Type.Optional(
    Type.Integer({ title: 'Unit id', minimum: 0, maximum: 247, description: "Left out: the instance's unit id" }),
  ),
})

const EXAMPLES: readonly Partial<RegisterConfig>[] = [
  { id: 'temperature', name: 'Temperature', address: 0, scale: 0.1, unit: '°C', max: 500, data_type: 'int16' },
  { id: 'flow_rate', name: 'Flow rate', address: 1, scale: 0.01, unit: 'L/min' },
  { id: 'valve_setpoint', name: 'Valve setpoint', address: 2, scale: 0.01, unit: '%', writable: true },
]

/** Configuration of an instance. With nothing said it is a device with two sensors and a valve, as a pattern to change. */
export const ConfigSchema = Type.Object({
  transport: choice(
    ['tcp', 'rtu', 'rtu_over_tcp'],
    'Transport',
    'tcp: Modbus TCP. rtu: a serial line. rtu_over_tcp: a serial line behind a gateway that passes bytes on as they are',
  ),
  host: Type.String({
    title: 'Host',
    minLength: 1,
    maxLength: 255,
    default: '192.168.1.1',
    description: 'Name or address of the device or gateway (tcp, rtu_over_tcp)',
  }),
  port: Type.Integer({
    title: 'Port',
    minimum: 1,
    maximum: 65_535,
    default: 502,
    description: 'TCP port (tcp, rtu_over_tcp)',
  }),
  path: Type.String({
    title: 'Serial port',
    minLength: 1,
    maxLength: 255,
    default: '/dev/ttyUSB0',
    description: 'Device file or COM port (rtu)',
  }),
  baud_rate: Type.Integer({
    title: 'Baud rate',
    minimum: 300,
    maximum: 1_000_000,
    default: 19_200,
    description: 'Bits per second (rtu)',
  }),
  parity: choice(['none', 'even', 'odd'], 'Parity', 'Of each character (rtu); the standard says even', 1),
  data_bits: Type.Unsafe<7 | 8>(
    Type.Integer({ title: 'Data bits', minimum: 7, maximum: 8, default: 8, description: 'Bits per character (rtu)' }),
  ),
  stop_bits: Type.Unsafe<1 | 2>(
    Type.Integer({
      title: 'Stop bits',
      minimum: 1,
      maximum: 2,
      default: 1,
      description: 'Bits after each character (rtu); 2 where there is no parity',
    }),
  ),
  unit_id: Type.Integer({
    title: 'Unit id',
    minimum: 0,
    maximum: 247,
    default: 1,
    description: 'Address of the device on its line; devices with Modbus TCP of their own often ignore it',
  }),
  timeout_seconds: Type.Number({
    title: 'Timeout',
    minimum: 0.5,
    maximum: 30,
    default: 3,
    description: 'How long to wait for a connection and for each answer, seconds',
  }),
  request_delay_ms: Type.Integer({
    title: 'Delay between requests',
    minimum: 0,
    maximum: 10_000,
    default: 0,
    description: 'Pause after each answer, milliseconds, for devices that need one',
  }),
  addressing: choice(
    ['zero_based', 'one_based'],
    'Addressing',
    'zero_based: addresses as they travel on the line. one_based: the first register is 1, as many manuals count',
  ),
  max_block_registers: Type.Integer({
    title: 'Registers per request',
    minimum: 1,
    maximum: 125,
    default: 125,
    description: 'How many neighbouring registers are asked for at once',
  }),
  max_gap_registers: Type.Integer({
    title: 'Gap between registers',
    minimum: 0,
    maximum: 124,
    default: 8,
    description: 'How many registers that nobody asked for are read along to save a request',
  }),
  write_function: choice(
    ['automatic', 'multiple'],
    'Write function',
    'automatic: one coil or register by FC5 or FC6, several by FC16. multiple: FC15 and FC16 only, as some devices demand',
  ),
  registers: Type.Array(RegisterSchema, {
    title: 'Registers',
    minItems: 1,
    maxItems: 2000,
    default: EXAMPLES,
    description: 'The channels',
  }),
}) satisfies TSchema

export type ModbusConfig = Static<typeof ConfigSchema>
export type RegisterConfig = Static<typeof RegisterSchema>
