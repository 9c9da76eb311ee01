import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { principalOf } from '@webmacs/auth/fastify'
import {
  CreatePluginInstance,
  type InstanceId,
  Page,
  PluginInstance,
  PluginInstancePage,
  Success,
  success,
  UpdatePluginInstance,
} from '@webmacs/contracts'
import { anyId } from '@webmacs/http-kit/ids'
import { pageAnswer } from '@webmacs/http-kit/paging'
import { editOf, IfMatch, tagAnswer } from '@webmacs/http-kit/versions'
import { Type } from 'typebox'
import {
  type CreatedInstance,
  createInstance,
  deleteInstance,
  type InstanceParts,
  updateInstance,
} from './instance-changes.ts'
import { listInstances, readInstance } from './instance-store.ts'

const tags = ['Plugins']
const ById = Type.Object({ id: anyId<InstanceId>('plugin instance', 'plg') })

export const pluginRoutes =
  (parts: InstanceParts): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { db, changes, states } = parts
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

    app.post(
      '/plugins',
      {
        config: { errors: ['plugin.exists', 'broker.unavailable'] },
        schema: {
          summary: 'Create a plugin instance',
          description:
            "It runs on the controller that has the plugin, with the channels that the plugin has under this configuration. The configuration is checked against the plugin's schema; one that says nothing means the plugin's defaults. Where no controller has the plugin yet, or its controller does not answer, channels come as soon as the controller reports them. Fields that are called like secrets (password, token, key) are kept out of the audit log.",
          tags,
          body: CreatePluginInstance,
          response: { 201: Success },
        },
      },
      async (request, reply) => {
        const created = await createInstance(parts, request.body, principalOf(request))
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
            'Fields that are left out stay as they are. Its controller follows within two seconds. A new configuration is checked, and gives the channels that the plugin has under it; channels that it has no more stay mapped, with is_present false. Events keep their names when it is renamed.',
          tags,
          headers: IfMatch,
          params: ById,
          body: UpdatePluginInstance,
          response: { 200: Success },
        },
      },
      async (request, reply) => {
        const { id } = request.params
        tagAnswer(reply, await updateInstance(parts, id, request.body, editOf(request)))
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
function describeCreated({ channels, reused, unlinked }: CreatedInstance, pluginId: string): string {
  const sentences = ['Plugin instance successfully created.']
  if (channels === 'unknown')
    sentences.push(`No controller has the plugin '${pluginId}' yet: it has no channels, and does not run.`)
  if (channels === 'awaited') sentences.push('Its controller has not said yet which channels it has: they will follow.')
  if (reused > 0) sentences.push(`Events that had the names of its channels are used as they are: ${reused}.`)
  if (unlinked.length > 0) {
    const names = unlinked.slice(0, NAMED_AT_MOST).map(({ name }) => name)
    if (unlinked.length > names.length) names.push(`${unlinked.length - names.length} more`)
    sentences.push(`Without an event, because the one of that name is linked to another channel: ${names.join(', ')}.`)
  }
  return sentences.join(' ')
}
