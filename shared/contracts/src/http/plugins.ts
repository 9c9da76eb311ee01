import { type Static, Type } from 'typebox'
import { Direction, InstanceStatus } from '../bus/controllers.ts'
import { EventId, InstanceId, MappingId, UserId } from '../ids.ts'
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
})
export type ChannelMapping = Static<typeof ChannelMapping>
export const ChannelMappings = Type.Array(ChannelMapping)

export const CreateChannelMapping = Type.Object({ ...channelFields, event_public_id: Type.Optional(askedEvent) })
export type CreateChannelMapping = Static<typeof CreateChannelMapping>
/** Left out: the link stays as it is; null: the channel is unlinked. */
export const UpdateChannelMapping = Type.Object({ event_public_id: Type.Optional(askedEvent) })
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
})
export type CreatePluginInstance = Static<typeof CreatePluginInstance>

export const UpdatePluginInstance = Type.Object({
  instance_name: Type.Optional(instanceName),
  demo_mode: Type.Optional(Type.Boolean(demoMode)),
  enabled: Type.Optional(Type.Boolean(enabled)),
  config_json: Type.Optional(configJson),
})
export type UpdatePluginInstance = Static<typeof UpdatePluginInstance>
