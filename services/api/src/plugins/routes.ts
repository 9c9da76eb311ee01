import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  AppError,
  type AvailablePlugin,
  AvailablePlugins,
  ChannelMapping,
  type InstanceId,
  Page,
  PluginInstance,
  PluginInstancePage,
} from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'
import { anyId } from '../http/ids.ts'
import { pageAnswer } from '../http/paging.ts'
import type { ControllerStates } from './controller-states.ts'
import { listInstances, readInstance } from './instance-store.ts'

export interface PluginRoutesOptions {
  readonly db: Kysely<Tables>
  readonly states: ControllerStates
}

const tags = ['Plugins']
const ById = Type.Object({ id: anyId<InstanceId>('plugin instance', 'plg') })

export const pluginRoutes =
  ({ db, states }: PluginRoutesOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/plugins',
      {
        schema: {
          summary: 'List plugin instances with their channels, oldest first',
          tags,
          querystring: Page,
          response: { 200: PluginInstancePage },
        },
      },
      async ({ query }) => {
        const { total, instances } = await listInstances(db, states, query)
        return pageAnswer(query, total, instances)
      },
    )

    app.get(
      '/plugins/available',
      {
        config: { errors: ['broker.unavailable'] },
        schema: {
          summary: 'List the plugins that controllers can run',
          tags,
          response: { 200: AvailablePlugins },
        },
      },
      async () => availablePlugins(states),
    )

    app.get(
      '/plugins/:id',
      {
        config: { errors: ['plugin.unknown'] },
        schema: { summary: 'Read a plugin instance', tags, params: ById, response: { 200: PluginInstance } },
      },
      ({ params }) => readInstance(db, states, params.id),
    )

    app.get(
      '/plugins/:id/channels',
      {
        config: { errors: ['plugin.unknown'] },
        schema: {
          summary: 'List the channels of a plugin instance',
          tags,
          params: ById,
          response: { 200: Type.Array(ChannelMapping) },
        },
      },
      async ({ params }) => (await readInstance(db, states, params.id)).channel_mappings,
    )
  }

/** What several controllers have is listed once. @throws AppError `broker.unavailable` before anything was heard of them */
function availablePlugins(states: ControllerStates): AvailablePlugin[] {
  if (!states.isKnown) throw new AppError('broker.unavailable')
  const byId = new Map(
    states.inventories
      .flatMap(({ plugins }) => plugins)
      .map(({ id, name, version, vendor, description, url }) => [id, { id, name, version, vendor, description, url }]),
  )
  return [...byId.values()].sort((one, other) => one.id.localeCompare(other.id))
}
