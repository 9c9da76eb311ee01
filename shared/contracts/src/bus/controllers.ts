import { type Static, Type } from 'typebox'
import { EventId, InstanceId } from '../ids.ts'
import { QualityWords } from '../quality.ts'
import { Timestamp } from '../time.ts'
import { ChannelSettings, MAX_INTERVAL_MS, MIN_INTERVAL_MS } from './channel-settings.ts'
import { SUBJECT_TOKEN } from './subjects.ts'

/** The controller that `npm start` runs. */
export const DEFAULT_CONTROLLER = 'local'

export const DIRECTIONS = ['input', 'output', 'bidirectional'] as const
export type Direction = (typeof DIRECTIONS)[number]
export const Direction = Type.Unsafe<Direction>(
  Type.Enum([...DIRECTIONS], { description: 'input: read; output: written; bidirectional: both' }),
)

export const DATA_TYPES = ['float', 'int', 'bool'] as const
export type DataType = (typeof DATA_TYPES)[number]

/** What a driver says of one of its channels. */
export const ChannelDescription = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 100, description: 'Unique in its driver', examples: ['temp_reactor'] }),
  name: Type.String({ minLength: 1, maxLength: 255, description: 'For people', examples: ['Temperature Reactor'] }),
  direction: Direction,
  unit: Type.String({ minLength: 1, maxLength: 50, description: 'Engineering unit', examples: ['°C'] }),
  min_value: Type.Number({ description: 'Lower end of the range, in the unit', examples: [0] }),
  max_value: Type.Number({ description: 'Upper end of the range, in the unit', examples: [100] }),
  data_type: Type.Unsafe<DataType>(
    Type.Enum([...DATA_TYPES], { description: 'What the device has; int and bool are rounded before writing' }),
  ),
  safe_value: Type.Union([Type.Number(), Type.Null()], {
    description: 'Of an output: what it is set to when nobody drives it; null: it stays as it is',
    examples: [0],
  }),
  readback: Type.Boolean({ description: 'Of an output: whether the device can be asked for its present value' }),
})
export type ChannelDescription = Static<typeof ChannelDescription>

/** A driver that a controller can run. */
export const PluginDescription = Type.Object({
  id: Type.String({ pattern: '^[a-z0-9][a-z0-9_-]{0,99}$' }),
  name: Type.String({ minLength: 1 }),
  version: Type.String({ minLength: 1 }),
  vendor: Type.String(),
  description: Type.String(),
  url: Type.String(),
  protocol: Type.String(),
  tags: Type.Array(Type.String()),
  package: Type.Object({ name: Type.String(), version: Type.String() }, { description: 'Where it comes from' }),
  config_schema: Type.Record(Type.String(), Type.Unknown(), {
    description: "JSON schema of an instance's configuration",
  }),
  channels: Type.Array(ChannelDescription, { description: 'Channels under the default configuration' }),
})
export type PluginDescription = Static<typeof PluginDescription>

/** KV `<controller>.inventory`, written by the controller at start: which drivers it has. */
export const ControllerInventory = Type.Object({
  controller: Type.String({ pattern: SUBJECT_TOKEN }),
  version: Type.String(),
  started_on: Timestamp,
  plugins: Type.Array(PluginDescription),
  platform: Type.Object(
    { node: Type.String(), os: Type.String(), cpu: Type.String() },
    { description: 'Version of Node.js, and process.platform and process.arch' },
  ),
  packages: Type.Array(
    Type.Object({
      name: Type.String(),
      version: Type.String({ description: 'In use; empty: none is' }),
      wanted: Type.Optional(Type.String({ description: 'Of an uploaded one: the version that api wants' })),
      source: Type.Unsafe<'bundled' | 'uploaded'>(Type.Enum(['bundled', 'uploaded'])),
      plugins: Type.Array(Type.String()),
      /** Why the version that is wanted is not in use; null: it is. */
      problem: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
})
export type ControllerInventory = Static<typeof ControllerInventory>

/** KV `<controller>.alive`, written by the controller every `PULSE_INTERVAL_MS`, removed when it stops in order. */
export const ControllerPulse = Type.Object({
  controller: Type.String({ pattern: SUBJECT_TOKEN }),
  seen_on: Timestamp,
})
export type ControllerPulse = Static<typeof ControllerPulse>

export const PULSE_INTERVAL_MS = 10_000
/** Who has not been heard of for so long counts as dead. */
export const PULSE_TIMEOUT_MS = 30_000

/** KV `<controller>.desired.<instance>`, written by api: what the controller shall run. A deleted key stops the instance. */
export const DesiredInstance = Type.Object({
  instance: InstanceId,
  name: Type.String({ minLength: 1, maxLength: 255 }),
  plugin: Type.String(),
  enabled: Type.Boolean(),
  demo_mode: Type.Boolean(),
  config: Type.Record(Type.String(), Type.Unknown()),
  interval_ms: Type.Integer({ minimum: MIN_INTERVAL_MS, maximum: MAX_INTERVAL_MS }),
  channels: Type.Array(
    Type.Object({
      channel: Type.String(),
      event: Type.Union([EventId, Type.Null()], { description: 'null: not mapped, but there are settings' }),
      direction: Direction,
      settings: ChannelSettings,
    }),
  ),
})
export type DesiredInstance = Static<typeof DesiredInstance>

/**
 * KV `packages`, written by api: the uploaded packages that every controller shall have. What is not in it is removed; without the key nothing
 * is known, and everything stays as it is. The files lie in the object store `packages`, each named by its SHA-256 and never changed.
 */
export const DesiredPackages = Type.Object({
  packages: Type.Array(
    Type.Object({
      // Both become names of folders.
      name: Type.String({ pattern: '^(@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~-][a-z0-9._~-]*$', maxLength: 214 }),
      version: Type.String({ pattern: '^[0-9][0-9A-Za-z.+-]*$', maxLength: 100 }),
      sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
      size: Type.Integer({ minimum: 1, description: 'Of the file, bytes' }),
    }),
  ),
})
export type DesiredPackages = Static<typeof DesiredPackages>
export type DesiredPackage = DesiredPackages['packages'][number]

export const INSTANCE_STATUSES = ['inactive', 'connected', 'error', 'demo'] as const
export type InstanceStatus = (typeof INSTANCE_STATUSES)[number]
export const InstanceStatus = Type.Unsafe<InstanceStatus>(
  Type.Enum([...INSTANCE_STATUSES], { description: 'How it is, as its controller says' }),
)

/** KV `<controller>.reported.<instance>`, written by the controller when it changes: how the instance is. */
export const ReportedInstance = Type.Object({
  instance: InstanceId,
  status: InstanceStatus,
  error_message: Type.Union([Type.String(), Type.Null()]),
  channels: Type.Array(ChannelDescription, { description: 'Channels under the configuration in force' }),
  restarts: Type.Integer({
    minimum: 0,
    description: 'How often its process was restarted since the controller started',
  }),
  updated_on: Timestamp,
})
export type ReportedInstance = Static<typeof ReportedInstance>

export const controllerKeys = {
  packages: 'packages',
  inventory: (controller: string): string => `${controller}.inventory`,
  alive: (controller: string): string => `${controller}.alive`,
  desired: (controller: string, instance: string): string => `${controller}.desired.${instance}`,
  cycle: (controller: string): string => `${controller}.cycle`,
  cycleState: (controller: string): string => `${controller}.cycle-state`,
  reported: (controller: string, instance: string): string => `${controller}.reported.${instance}`,
  allDesired: (controller: string): string => `${controller}.desired.*`,
  allReported: '*.reported.*',
  allCycles: '*.cycle',
  allCycleStates: '*.cycle-state',
  allInventories: '*.inventory',
  allAlive: '*.alive',
}

/** What an instance may be asked for on `controllers.<controller>.values`: what all its channels show, mapped or not. */
export const ValuesRequest = Type.Object({ instance: InstanceId })
export const ChannelValue = Type.Object({
  channel_id: Type.String({ description: "Driver's id of the channel", examples: ['temp_reactor'] }),
  value: Type.Union([Type.Number(), Type.Null()], {
    description: 'In the unit of the channel; null: there is none, see quality',
    examples: [81.4],
  }),
  quality: QualityWords,
  time: Type.Union([Timestamp, Type.Null()], {
    description: 'When it was read; null: not yet',
    examples: ['2026-11-23T16:12:13.408444Z'],
  }),
})
export type ChannelValue = Static<typeof ChannelValue>
export const ValuesReply = Type.Object({
  values: Type.Array(ChannelValue),
  overruns: Type.Integer({ minimum: 0, description: 'Sampling cycles left out since the start of its process' }),
})
export type ValuesReply = Static<typeof ValuesReply>

/** Request on `controllers.<controller>.describe`: the channels of a driver under a configuration. Refused as `request.invalid`. */
export const DescribeRequest = Type.Object({
  plugin: Type.String(),
  config: Type.Record(Type.String(), Type.Unknown()),
})
export type DescribeRequest = Static<typeof DescribeRequest>
export const DescribeReply = Type.Object({ channels: Type.Array(ChannelDescription) })
export type DescribeReply = Static<typeof DescribeReply>

/** Request on `controllers.<controller>.test`: connects, reads every channel once, writes nothing, disconnects. */
export const TestRequest = Type.Object({
  plugin: Type.String(),
  config: Type.Record(Type.String(), Type.Unknown()),
  demo_mode: Type.Boolean(),
})
export type TestRequest = Static<typeof TestRequest>
export const TestReply = Type.Object({
  ok: Type.Boolean({ description: 'Whether the device could be reached and read' }),
  message: Type.Union([Type.String(), Type.Null()], {
    description: 'Why not, as a sentence',
    examples: ['connect ECONNREFUSED 192.168.1.20:502'],
  }),
  channels: Type.Array(ChannelDescription, { description: 'Channels under this configuration' }),
  values: Type.Array(ChannelValue, { description: 'What they showed' }),
  duration_ms: Type.Number({ minimum: 0, description: 'How long connecting and reading took', examples: [34.2] }),
})
export type TestReply = Static<typeof TestReply>

/** KV `<controller>.cycle`, written by api: the valve cycle that the controller runs, because it drives the valve. */
export const DesiredValveCycle = Type.Object({
  button: EventId,
  opened: Type.Union([EventId, Type.Null()]),
  closed: Type.Union([EventId, Type.Null()]),
  valve: Type.Object({ event: EventId, instance: InstanceId, channel: Type.String() }),
  open_seconds: Type.Union([Type.Number(), Type.Null()], { description: 'Last known value of `opened`' }),
  open_seconds_time: Type.Union([Timestamp, Type.Null()], { description: 'Time of that value' }),
  close_seconds: Type.Union([Type.Number(), Type.Null()], { description: 'Last known value of `closed`' }),
  close_seconds_time: Type.Union([Timestamp, Type.Null()], { description: 'Time of that value' }),
})
export type DesiredValveCycle = Static<typeof DesiredValveCycle>

export const VALVE_CYCLE_PHASES = ['idle', 'open', 'closed'] as const
export type ValveCyclePhase = (typeof VALVE_CYCLE_PHASES)[number]

/** KV `<controller>.cycle-state`, written by the controller. */
export const ReportedValveCycle = Type.Object({
  phase: Type.Unsafe<ValveCyclePhase>(
    Type.Enum([...VALVE_CYCLE_PHASES], { description: 'idle: waits for the button; open, closed: the valve is' }),
  ),
  since: Timestamp,
  error_message: Type.Union([Type.String(), Type.Null()], {
    description: 'Why the last cycle ended early',
    examples: [null],
  }),
})
export type ReportedValveCycle = Static<typeof ReportedValveCycle>
