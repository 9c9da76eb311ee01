import { type Static, Type } from 'typebox'
import { ChannelSettings, MAX_INTERVAL_MS, MIN_INTERVAL_MS } from '../bus/channel-settings.ts'
import { ChannelDescription, ChannelValue, Direction, InstanceStatus, TestReply } from '../bus/controllers.ts'
import { EventId, InstanceId, MappingId, PackageId, UserId } from '../ids.ts'
import { Timestamp } from '../time.ts'
import { NOT_BLANK, pageOf } from './common.ts'

export const AvailablePlugin = Type.Object({
  id: Type.String({ description: 'Id of the driver', examples: ['simulated'] }),
  name: Type.String({ description: 'Name for people', examples: ['Simulated Device'] }),
  version: Type.String({ description: 'Version of the driver', examples: ['3.0.0'] }),
  vendor: Type.String({ description: 'Who made it', examples: ['WebMACS'] }),
  description: Type.String({ description: 'What it connects to', examples: ['A reactor that needs no hardware'] }),
  url: Type.String({ description: 'Where to read more; may be empty', examples: [''] }),
})
export type AvailablePlugin = Static<typeof AvailablePlugin>
export const AvailablePlugins = Type.Array(AvailablePlugin)

/** A driver with all that is needed to set up an instance of it. */
export const PluginDetails = Type.Object({
  ...AvailablePlugin.properties,
  protocol: Type.String({ description: 'Protocol spoken with the device; may be empty', examples: ['modbus'] }),
  tags: Type.Array(Type.String(), { description: 'Words to find it by', examples: [['demo']] }),
  package_name: Type.String({ description: 'Package that brought it', examples: ['@webmacs/plugin-simulated'] }),
  package_version: Type.String({ description: 'Version of the package', examples: ['3.0.0'] }),
  controllers: Type.Array(Type.String(), { description: 'Controllers that can run it', examples: [['local']] }),
  config_schema: Type.Record(Type.String(), Type.Unknown(), {
    description:
      "JSON schema of an instance's configuration, with titles, defaults and units: a form can be drawn from it",
    examples: [{ type: 'object', properties: { host: { type: 'string', default: '192.168.1.1' } } }],
  }),
  channels: Type.Array(ChannelDescription, { description: 'Channels under the default configuration' }),
})
export type PluginDetails = Static<typeof PluginDetails>

/** Most channels of one instance: what its controller is told of it has to fit into one message. */
export const MAX_CHANNELS = 1500

const channelFields = {
  channel_id: Type.String({
    maxLength: 100,
    pattern: NOT_BLANK,
    description: "The driver's id of the channel, unique in its instance",
    examples: ['temp_reactor'],
  }),
  channel_name: Type.String({
    maxLength: 255,
    pattern: NOT_BLANK,
    description: 'Name of the channel',
    examples: ['Temperature Reactor'],
  }),
  direction: Direction,
  unit: Type.String({
    maxLength: 50,
    pattern: NOT_BLANK,
    description: 'Engineering unit of the channel',
    examples: ['°C'],
  }),
}
const linkedEvent = {
  description: 'Public id of the event that the channel feeds or is driven by; null: none',
  examples: ['evt_7k2m9q4tx3ab'],
}
const askedEvent = Type.Union([Type.String({ maxLength: 64 }), Type.Null()], linkedEvent)

export const ChannelMapping = Type.Object({
  public_id: MappingId,
  ...channelFields,
  event_public_id: Type.Union([EventId, Type.Null()], linkedEvent),
  created_on: Timestamp,
  settings: ChannelSettings,
  is_present: Type.Union([Type.Boolean(), Type.Null()], {
    description:
      'Whether the device has the channel under the configuration in force; null: its controller has not said',
    examples: [true],
  }),
})
export type ChannelMapping = Static<typeof ChannelMapping>
export const ChannelMappings = Type.Array(ChannelMapping)

export const CreateChannelMapping = Type.Object({
  ...channelFields,
  event_public_id: Type.Optional(askedEvent),
  settings: Type.Optional(ChannelSettings),
})
export type CreateChannelMapping = Static<typeof CreateChannelMapping>
/** Left out: stays as it is. An event of null: the channel is unlinked. Settings are replaced as a whole. */
export const UpdateChannelMapping = Type.Object({
  event_public_id: Type.Optional(askedEvent),
  settings: Type.Optional(ChannelSettings),
})
export type UpdateChannelMapping = Static<typeof UpdateChannelMapping>

/** What stands for a secret in a configuration that is answered; sent back, it means that the secret stays as it is. */
export const SECRET_PLACEHOLDER = '[secret]'

const pluginId = Type.String({
  maxLength: 100,
  pattern: NOT_BLANK,
  description: 'Id of the driver; a controller may get it later',
  examples: ['simulated'],
})
const instanceName = Type.String({
  maxLength: 255,
  pattern: NOT_BLANK,
  description: 'Unique name',
  examples: ['Reactor 1'],
})
const demoMode = { description: 'Whether it makes values up instead of talking to a device' }
const enabled = { description: 'Whether a controller runs it; while not, its events take no datapoints' }
export const DRIVEN_BY = ['controller', 'external'] as const
export type DrivenBy = (typeof DRIVEN_BY)[number]
const drivenBy = (options: object) =>
  Type.Unsafe<DrivenBy>(
    Type.Enum([...DRIVEN_BY], {
      description:
        'controller: a controller of this system reads and sets its channels; external: somebody else does, like a controller of WebMACS 2, and sends datapoints',
      ...options,
    }),
  )
const intervalMs = (options: object) =>
  Type.Integer({
    minimum: MIN_INTERVAL_MS,
    maximum: MAX_INTERVAL_MS,
    description: 'How often its channels are sampled, milliseconds',
    examples: [1000],
    ...options,
  })
const configJson = Type.Union([Type.String({ maxLength: 65_536 }), Type.Null()], {
  description:
    "The driver's configuration, as the text of a JSON object; null: its defaults. Secrets in it are answered as [secret]; sent back so, they stay",
  examples: ['{"host":"192.168.1.20"}'],
})

export const PluginInstance = Type.Object({
  public_id: InstanceId,
  plugin_id: pluginId,
  instance_name: instanceName,
  demo_mode: Type.Boolean(demoMode),
  enabled: Type.Boolean(enabled),
  status: InstanceStatus,
  config_json: configJson,
  error_message: Type.Union([Type.String(), Type.Null()], {
    description: 'Why it does not work; null when it does',
    examples: [null],
  }),
  driven_by: drivenBy({}),
  interval_ms: intervalMs({}),
  restarts: Type.Integer({ description: 'How often its process had to be restarted', examples: [0] }),
  created_on: Timestamp,
  updated_on: Timestamp,
  user_public_id: Type.Union([UserId, Type.Null()], { description: 'Who made it', examples: ['usr_7k2m9q4tx3ab'] }),
  channel_mappings: Type.Array(ChannelMapping, { description: 'In the order of their making' }),
})
export type PluginInstance = Static<typeof PluginInstance>
export const PluginInstancePage = pageOf(PluginInstance)

export const CreatePluginInstance = Type.Object({
  plugin_id: pluginId,
  instance_name: instanceName,
  demo_mode: Type.Optional(Type.Boolean({ ...demoMode, default: false })),
  enabled: Type.Optional(Type.Boolean({ ...enabled, default: true })),
  auto_create_events: Type.Optional(
    Type.Boolean({
      default: true,
      description: 'Whether each channel gets an event of its own, or the one that has its name already',
    }),
  ),
  config_json: Type.Optional(configJson),
  driven_by: Type.Optional(drivenBy({ default: 'controller' })),
  interval_ms: Type.Optional(intervalMs({ default: 1000 })),
})
export type CreatePluginInstance = Static<typeof CreatePluginInstance>

export const UpdatePluginInstance = Type.Object({
  instance_name: Type.Optional(instanceName),
  demo_mode: Type.Optional(Type.Boolean(demoMode)),
  enabled: Type.Optional(Type.Boolean(enabled)),
  config_json: Type.Optional(configJson),
  driven_by: Type.Optional(drivenBy({})),
  interval_ms: Type.Optional(intervalMs({})),
})
export type UpdatePluginInstance = Static<typeof UpdatePluginInstance>

/** Whether a device answers under a configuration that is not saved. */
export const TestPluginInstance = Type.Object({
  plugin_id: pluginId,
  config_json: Type.Optional(configJson),
  demo_mode: Type.Optional(Type.Boolean({ ...demoMode, default: false })),
  instance_public_id: Type.Optional(
    Type.String({
      maxLength: 64,
      description: 'Instance whose stored secrets stand where the configuration says [secret]',
      examples: ['plg_7k2m9q4tx3ab'],
    }),
  ),
})
export type TestPluginInstance = Static<typeof TestPluginInstance>
export const PluginTestResult = TestReply
export type PluginTestResult = Static<typeof PluginTestResult>

/** What all channels of an instance show now, whether they are mapped or not. */
export const InstanceValues = Type.Object({
  channels: Type.Array(Type.Object({ ...ChannelDescription.properties, ...ChannelValue.properties }), {
    description: 'As the driver describes them, with what they show',
  }),
  overruns: Type.Integer({ description: 'Sampling cycles left out since its process started', examples: [0] }),
})
export type InstanceValues = Static<typeof InstanceValues>

export const PackageSource = Type.Unsafe<'bundled' | 'uploaded'>(
  Type.Enum(['bundled', 'uploaded'], { description: 'bundled: comes with WebMACS, cannot be removed' }),
)

export const PluginPackage = Type.Object({
  public_id: PackageId,
  package_name: Type.String({ description: 'Name in its package.json', examples: ['webmacs-plugin-weather'] }),
  version: Type.String({ description: 'Version that is in use', examples: ['1.2.0'] }),
  source: PackageSource,
  plugin_ids: Type.Array(Type.String(), { description: 'Drivers that it brings', examples: [['weather']] }),
  file_size_bytes: Type.Union([Type.Integer(), Type.Null()], {
    description: 'Size of what was uploaded; null for bundled ones',
    examples: [18_432],
  }),
  installed_on: Timestamp,
  removable: Type.Boolean({ description: 'Whether it can be removed' }),
  status: Type.Unsafe<'installing' | 'ready' | 'failed'>(
    Type.Enum(['installing', 'ready', 'failed'], {
      description: 'installing: not all controllers have it yet; failed: see error_message',
    }),
  ),
  error_message: Type.Union([Type.String(), Type.Null()], {
    description: 'Why a controller does not use this version',
    examples: [null],
  }),
})
export type PluginPackage = Static<typeof PluginPackage>
/** What is sent as multipart/form-data. */
export const PackageUpload = Type.Object({
  file: Type.String({
    format: 'binary',
    description: 'The package, a .tgz as npm pack writes it, at most 50 MB',
    examples: ['webmacs-plugin-weather-1.2.0.tgz'],
  }),
})
export const PluginPackages = Type.Array(PluginPackage)

/** The valve cycle: which events start it, time it, and are switched by it. Null: the only event of the type; none, or several: no cycle. */
export const ValveCycleSettings = Type.Object({
  enabled: Type.Boolean({ description: 'Whether the button does anything', default: false }),
  button_event: Type.Union([Type.String({ maxLength: 64 }), Type.Null()], {
    description: 'Starts the cycle with 1, ends it with 0; null: the event of type cmd_button',
    examples: [null],
  }),
  open_time_event: Type.Union([Type.String({ maxLength: 64 }), Type.Null()], {
    description: 'How long the valve is open, seconds; null: the event of type cmd_opened',
    examples: [null],
  }),
  close_time_event: Type.Union([Type.String({ maxLength: 64 }), Type.Null()], {
    description: 'How long the valve is closed before the cycle ends, seconds; null: the event of type cmd_closed',
    examples: [null],
  }),
  valve_event: Type.Union([Type.String({ maxLength: 64 }), Type.Null()], {
    description: 'Output that is set to 1 and 0; null: none',
    examples: ['evt_7k2m9q4tx3ab'],
  }),
})
export type ValveCycleSettings = Static<typeof ValveCycleSettings>

export const ValveCycle = Type.Object({
  ...ValveCycleSettings.properties,
  state: Type.Unsafe<'off' | 'unusable' | 'idle' | 'open' | 'closed'>(
    Type.Enum(['off', 'unusable', 'idle', 'open', 'closed'], {
      description:
        'off: not enabled; unusable: see error_message; idle: waits for the button; open, closed: the valve is',
    }),
  ),
  since: Type.Union([Timestamp, Type.Null()], { description: 'When the state came about', examples: [null] }),
  error_message: Type.Union([Type.String(), Type.Null()], {
    description: 'What is missing, or why the last cycle ended early',
    examples: [null],
  }),
})
export type ValveCycle = Static<typeof ValveCycle>
