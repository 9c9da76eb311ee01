import { type Static, Type } from 'typebox'
import { Direction, InstanceStatus } from '../bus/controllers.ts'
import { EventId, InstanceId, MappingId, UserId } from '../ids.ts'
import { Timestamp } from '../time.ts'
import { pageOf } from './common.ts'

export const AvailablePlugin = Type.Object({
  id: Type.String(),
  name: Type.String(),
  version: Type.String(),
  vendor: Type.String(),
  description: Type.String(),
  url: Type.String(),
})
export type AvailablePlugin = Static<typeof AvailablePlugin>
export const AvailablePlugins = Type.Array(AvailablePlugin)

export const ChannelMapping = Type.Object({
  public_id: MappingId,
  channel_id: Type.String(),
  channel_name: Type.String(),
  direction: Direction,
  unit: Type.String(),
  event_public_id: Type.Union([EventId, Type.Null()]),
  created_on: Timestamp,
})
export type ChannelMapping = Static<typeof ChannelMapping>

export const PluginInstance = Type.Object({
  public_id: InstanceId,
  plugin_id: Type.String(),
  instance_name: Type.String(),
  demo_mode: Type.Boolean(),
  enabled: Type.Boolean(),
  status: InstanceStatus,
  config_json: Type.Union([Type.String(), Type.Null()]),
  error_message: Type.Union([Type.String(), Type.Null()]),
  created_on: Timestamp,
  updated_on: Timestamp,
  user_public_id: Type.Union([UserId, Type.Null()]),
  channel_mappings: Type.Array(ChannelMapping),
})
export type PluginInstance = Static<typeof PluginInstance>
export const PluginInstancePage = pageOf(PluginInstance)
