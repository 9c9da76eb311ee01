import { type Static, Type } from 'typebox'
import { EventId, InstanceId } from '../ids.ts'
import { Timestamp } from '../time.ts'
import { SUBJECT_TOKEN } from './subjects.ts'

/** The controller that `npm start` runs. */
export const DEFAULT_CONTROLLER = 'local'

export const DIRECTIONS = ['input', 'output', 'bidirectional'] as const
export type Direction = (typeof DIRECTIONS)[number]
export const Direction = Type.Unsafe<Direction>(
  Type.Enum([...DIRECTIONS], { description: 'input: read; output: written; bidirectional: both' }),
)

/** What a driver says of one of its channels. */
export const ChannelDescription = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 100 }),
  name: Type.String({ minLength: 1, maxLength: 255 }),
  direction: Direction,
  unit: Type.String({ minLength: 1, maxLength: 50 }),
  min_value: Type.Number(),
  max_value: Type.Number(),
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
  interval_ms: Type.Integer({ minimum: 10, maximum: 3_600_000 }),
  channels: Type.Array(Type.Object({ channel: Type.String(), event: EventId, direction: Direction })),
})
export type DesiredInstance = Static<typeof DesiredInstance>

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
  inventory: (controller: string): string => `${controller}.inventory`,
  alive: (controller: string): string => `${controller}.alive`,
  desired: (controller: string, instance: string): string => `${controller}.desired.${instance}`,
  reported: (controller: string, instance: string): string => `${controller}.reported.${instance}`,
  allDesired: (controller: string): string => `${controller}.desired.*`,
  allReported: '*.reported.*',
  allInventories: '*.inventory',
  allAlive: '*.alive',
}
