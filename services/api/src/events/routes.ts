import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { principalOf } from '@webmacs/auth/fastify'
import { CreateEvent, Event, type EventId, EventPage, Page, Success, success, UpdateEvent } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { anyId } from '@webmacs/http-kit/ids'
import { pageAnswer } from '@webmacs/http-kit/paging'
import { editOf, IfMatch, tagAnswer } from '@webmacs/http-kit/versions'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'
import type { Changes } from '../changes/changes.ts'
import { createEvent, listEvents, readEvent, retireEvent, updateEvent } from './event-store.ts'

export interface EventRoutesOptions {
  readonly db: Kysely<Tables>
  readonly changes: Changes
}

const tags = ['Events']
const ById = Type.Object({ id: anyId<EventId>('event', 'evt') })

export const eventRoutes =
  ({ db, changes }: EventRoutesOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/events',
      {
        schema: { summary: 'List events, oldest first', tags, querystring: Page, response: { 200: EventPage } },
      },
      async ({ query }) => {
        const { total, events } = await listEvents(db, query)
        return pageAnswer(query, total, events)
      },
    )

    app.post(
      '/events',
      {
        config: { errors: ['event.exists', 'event.range'] },
        schema: { summary: 'Create an event', tags, body: CreateEvent, response: { 201: Success } },
      },
      async (request, reply) => {
        const id = await createEvent(changes, request.body, principalOf(request))
        return reply.code(201).send(success('Event successfully created.', id))
      },
    )

    app.get(
      '/events/:id',
      {
        config: { errors: ['event.unknown'] },
        schema: { summary: 'Read an event', tags, params: ById, response: { 200: Event } },
      },
      async ({ params }, reply) => {
        const { value, updatedOn } = await readEvent(db, params.id)
        tagAnswer(reply, updatedOn)
        return value
      },
    )

    app.put(
      '/events/:id',
      {
        config: { errors: ['event.unknown', 'event.exists', 'event.range', 'request.precondition'] },
        schema: {
          summary: 'Change an event',
          description: 'Fields that are left out stay as they are.',
          headers: IfMatch,
          tags,
          params: ById,
          body: UpdateEvent,
          response: { 200: Success },
        },
      },
      async (request, reply) => {
        const { id } = request.params
        tagAnswer(reply, await updateEvent(changes, id, request.body, editOf(request)))
        return success('Event successfully updated.', id)
      },
    )

    app.delete(
      '/events/:id',
      {
        config: { errors: ['event.unknown', 'request.precondition'] },
        schema: {
          summary: 'Retire an event',
          description:
            'The event disappears and its name becomes free; channels linked to it are unlinked. Its datapoints are kept.',
          tags,
          headers: IfMatch,
          params: ById,
          response: { 200: Success },
        },
      },
      async (request) => {
        const { id } = request.params
        await retireEvent(changes, id, editOf(request))
        return success('Event successfully deleted.', id)
      },
    )
  }
