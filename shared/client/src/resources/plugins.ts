import type {
  AvailablePlugin,
  ChannelMapping,
  CreateChannelMapping,
  CreatePluginInstance,
  InstanceId,
  InstanceValues,
  MappingId,
  PluginDetails,
  PluginInstance,
  PluginTestResult,
  Success,
  TestPluginInstance,
  UpdateChannelMapping,
  UpdatePluginInstance,
} from '@webmacs/contracts'
import type { Http, RequestOptions } from '../http.ts'
import { type Listed, listOf } from '../lists.ts'
import { type PackagesClient, packagesClient } from './packages.ts'
import {
  type ChangeOptions,
  type Created,
  create,
  type Deletable,
  deletable,
  pathTo,
  publicIdOf,
  type Readable,
  readable,
  type Updatable,
  updatable,
} from './things.ts'

/** The channels of an instance, each linked to an event or to none. */
export interface ChannelsClient {
  list(instanceId: string, options?: RequestOptions): Promise<ChannelMapping[]>
  create(instanceId: string, channel: CreateChannelMapping, options?: RequestOptions): Promise<Created<MappingId>>
  /** Links another event, or with null none; settings are replaced as a whole. */
  update(instanceId: string, mappingId: string, body: UpdateChannelMapping, options?: ChangeOptions): Promise<Success>
  delete(instanceId: string, mappingId: string, options?: ChangeOptions): Promise<Success>
}

/** Plugin instances: devices, each with the driver that speaks with it. */
export interface PluginsClient
  extends Listed<PluginInstance>,
    Readable<PluginInstance>,
    Updatable<UpdatePluginInstance>,
    Deletable {
  create(instance: CreatePluginInstance, options?: RequestOptions): Promise<Created<InstanceId>>
  /** Drivers that the controllers have. */
  available(options?: RequestOptions): Promise<AvailablePlugin[]>
  /** A driver with all that is needed to set up an instance of it: the schema of its configuration, its channels. */
  details(pluginId: string, options?: RequestOptions): Promise<PluginDetails>
  /** Whether a device answers under a configuration that is not saved. `ok` is false where it does not. May take twelve seconds. */
  test(configuration: TestPluginInstance, options?: RequestOptions): Promise<PluginTestResult>
  /** What all channels of an instance show now, whether events are linked to them or not. */
  values(instanceId: string, options?: RequestOptions): Promise<InstanceValues>
  readonly channels: ChannelsClient
  readonly packages: PackagesClient
}

export const pluginsClient = (http: Http): PluginsClient => ({
  ...listOf<PluginInstance>(http, '/plugins', publicIdOf),
  ...readable<PluginInstance>(http, '/plugins'),
  ...updatable<UpdatePluginInstance>(http, '/plugins'),
  ...deletable(http, '/plugins'),
  create: (instance, options) => create(http, '/plugins', instance, options),
  available: (options) => http.send('/plugins/available', { ...options }),
  details: (pluginId, options) => http.send(pathTo('/plugins/available', pluginId), { ...options }),
  test: (body, options) => http.send('/plugins/test', { method: 'POST', body, ...options }),
  values: (instanceId, options) => http.send(`${pathTo('/plugins', instanceId)}/values`, { ...options }),
  packages: packagesClient(http),
  channels: {
    list: (instanceId, options) => http.send(channelsOf(instanceId), { ...options }),
    create: (instanceId, channel, options) => create(http, channelsOf(instanceId), channel, options),
    update: (instanceId, id, body, options) =>
      http.send(pathTo(channelsOf(instanceId), id), { method: 'PUT', body, ...options }),
    delete: (instanceId, id, options) =>
      http.send(pathTo(channelsOf(instanceId), id), { method: 'DELETE', ...options }),
  },
})

const channelsOf = (instanceId: string): string => `${pathTo('/plugins', instanceId)}/channels`
