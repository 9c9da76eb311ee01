import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  ChannelMappings,
  CreateChannelMapping,
  type InstanceId,
  MAX_CHANNELS,
  type MappingId,
  Success,
  success,
  UpdateChannelMapping,
} from '@webmacs/contracts'
import { anyId } from '@webmacs/http-kit/ids'
import { editOf, IfMatch, tagAnswer } from '@webmacs/http-kit/versions'
import { Type } from 'typebox'
import type { InstanceParts } from './instance-changes.ts'
import { readInstance } from './instance-store.ts'
import { createMapping, deleteMapping, updateMapping } from './mapping-changes.ts'

const tags = ['Plugins']
const ById = Type.Object({ id: anyId<InstanceId>('plugin instance', 'plg') })
const ByMapping = Type.Object({ ...ById.properties, mapping: anyId<MappingId>('channel mapping', 'map') })
const VERSION = "If-Match and ETag are about the instance's version, which each change of a mapping raises."
const ONE_EACH = 'One event is fed by one channel and drives one.'

export const mappingRoutes =
  ({ db, changes, states }: InstanceParts): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/plugins/:id/channels',
      {
        config: { errors: ['plugin.unknown'] },
        schema: {
          summary: 'List the channels of a plugin instance',
          tags,
          params: ById,
          response: { 200: ChannelMappings },
        },
      },
      async ({ params }, reply) => {
        const { value, updatedOn } = await readInstance(db, states, params.id)
        tagAnswer(reply, updatedOn)
        return value.channel_mappings
      },
    )

    app.post(
      '/plugins/:id/channels',
      {
        config: {
          errors: ['plugin.unknown', 'channel.exists', 'event.unknown', 'channel.event-taken', 'request.precondition'],
        },
        schema: {
          summary: 'Map a channel of a plugin instance',
          description: `Also one that its driver does not have: so an event takes what a device of one's own sends. ${ONE_EACH} An instance has ${MAX_CHANNELS} channels at most. ${VERSION}`,
          tags,
          headers: IfMatch,
          params: ById,
          body: CreateChannelMapping,
          response: { 201: Success },
        },
      },
      async (request, reply) => {
        const made = await createMapping({ changes, states }, request.params.id, request.body, editOf(request))
        tagAnswer(reply, made.updatedOn)
        return reply.code(201).send(success('Channel mapping successfully created.', made.id))
      },
    )

    app.put(
      '/plugins/:id/channels/:mapping',
      {
        config: {
          errors: ['plugin.unknown', 'channel.unknown', 'event.unknown', 'channel.event-taken', 'request.precondition'],
        },
        schema: {
          summary: 'Link a channel to an event, or set how it is sampled and driven',
          description: `An event of null unlinks it. Settings are replaced as a whole. ${ONE_EACH} ${VERSION}`,
          tags,
          headers: IfMatch,
          params: ByMapping,
          body: UpdateChannelMapping,
          response: { 200: Success },
        },
      },
      async (request, reply) => {
        tagAnswer(reply, await updateMapping({ changes, states }, request.params, request.body, editOf(request)))
        return success('Channel mapping successfully updated.', request.params.mapping)
      },
    )

    app.delete(
      '/plugins/:id/channels/:mapping',
      {
        config: { errors: ['plugin.unknown', 'channel.unknown', 'request.precondition'] },
        schema: {
          summary: 'Delete a channel mapping',
          description: `The event stays, with what was measured. A channel that the device has gets no new mapping by itself. ${VERSION}`,
          tags,
          headers: IfMatch,
          params: ByMapping,
          response: { 200: Success },
        },
      },
      async (request, reply) => {
        tagAnswer(reply, await deleteMapping(changes, request.params, editOf(request)))
        return success('Channel mapping successfully deleted.', request.params.mapping)
      },
    )
  }
