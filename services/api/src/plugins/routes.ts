import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { principalOf } from '@webmacs/auth/fastify'
import {
  AppError,
  type AvailablePlugin,
  AvailablePlugins,
  CreatePluginInstance,
  type InstanceId,
  Page,
  PluginInstance,
  PluginInstancePage,
  Success,
  success,
  UpdatePluginInstance,
} from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'
import type { Changes } from '../changes/changes.ts'
import { anyId } from '../http/ids.ts'
import { pageAnswer } from '../http/paging.ts'
import { editOf, IfMatch, tagAnswer } from '../http/versions.ts'
import type { ControllerStates } from './controller-states.ts'
import { type CreatedInstance, createInstance, deleteInstance, updateInstance } from './instance-changes.ts'
import { listInstances, readInstance } from './instance-store.ts'

export interface PluginRoutesOptions {
  readonly db: Kysely<Tables>
  readonly changes: Changes
  readonly states: ControllerStates
}

const tags = ['Plugins']
const ById = Type.Object({ id: anyId<InstanceId>('plugin instance', 'plg') })

export const pluginRoutes =
  ({ db, changes, states }: PluginRoutesOptions): FastifyPluginAsyncTypebox =>
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

    app.post(
      '/plugins',
      {
        config: { errors: ['plugin.exists', 'broker.unavailable'] },
        schema: {
          summary: 'Create a plugin instance',
          description:
            'It runs on the controller that has the plugin, with the channels that the plugin describes. A plugin that no controller has yet gives an instance without channels. Fields that are called like secrets (password, token, key) are kept out of the audit log.',
          tags,
          body: CreatePluginInstance,
          response: { 201: Success },
        },
      },
      async (request, reply) => {
        const created = await createInstance({ changes, states }, request.body, principalOf(request))
        return reply.code(201).send(success(describeCreated(created, request.body.plugin_id), created.id))
      },
    )

    app.get(
      '/plugins/:id',
      {
        config: { errors: ['plugin.unknown'] },
        schema: {
          summary: 'Read a plugin instance',
          description: 'Its ETag covers its channels, not its status.',
          tags,
          params: ById,
          response: { 200: PluginInstance },
        },
      },
      async ({ params }, reply) => {
        const { value, updatedOn } = await readInstance(db, states, params.id)
        tagAnswer(reply, updatedOn)
        return value
      },
    )

    app.put(
      '/plugins/:id',
      {
        config: { errors: ['plugin.unknown', 'plugin.exists', 'request.precondition'] },
        schema: {
          summary: 'Change a plugin instance',
          description:
            'Fields that are left out stay as they are. Its controller follows within a second. Events keep their names when it is renamed.',
          tags,
          headers: IfMatch,
          params: ById,
          body: UpdatePluginInstance,
          response: { 200: Success },
        },
      },
      async (request, reply) => {
        const { id } = request.params
        tagAnswer(reply, await updateInstance(changes, id, request.body, editOf(request)))
        return success('Plugin instance successfully updated.', id)
      },
    )

    app.delete(
      '/plugins/:id',
      {
        config: { errors: ['plugin.unknown', 'request.precondition'] },
        schema: {
          summary: 'Delete a plugin instance with its channel mappings',
          description: 'Its events stay, with what was measured.',
          tags,
          headers: IfMatch,
          params: ById,
          response: { 200: Success },
        },
      },
      async (request) => {
        const { id } = request.params
        await deleteInstance(changes, id, editOf(request))
        return success('Plugin instance successfully deleted.', id)
      },
    )
  }

const NAMED_AT_MOST = 5

/** Also what somebody who expects channels with new events would wonder about. */
function describeCreated({ plugin, reused, unlinked }: CreatedInstance, pluginId: string): string {
  const sentences = ['Plugin instance successfully created.']
  if (plugin === undefined)
    sentences.push(`No controller has the plugin '${pluginId}' yet: it has no channels, and does not run.`)
  if (reused > 0) sentences.push(`Events that had the names of its channels are used as they are: ${reused}.`)
  if (unlinked.length > 0) {
    const names = unlinked.slice(0, NAMED_AT_MOST).map(({ name }) => name)
    if (unlinked.length > names.length) names.push(`${unlinked.length - names.length} more`)
    sentences.push(`Without an event, because the one of that name is linked to another channel: ${names.join(', ')}.`)
  }
  return sentences.join(' ')
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
