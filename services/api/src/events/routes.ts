import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { principalOf } from '@webmacs/auth/fastify'
import { CreateEvent, Event, type EventId, EventPage, Page, Success, success, UpdateEvent } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'
import type { ChangeFeed } from '../changes/change-feed.ts'
import { anyId } from '../http/ids.ts'
import { pageAnswer } from '../http/paging.ts'
import { createEvent, listEvents, readEvent, retireEvent, updateEvent } from './event-store.ts'

export interface EventRoutesOptions {
  readonly db: Kysely<Tables>
  readonly changes: ChangeFeed
}

const tags = ['Events']
const ById = Type.Object({ id: anyId<EventId>('event', 'evt') })

export const eventRoutes =
  ({ db, changes }: EventRoutesOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/events',
      {
        config: { role: 'viewer' },
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
        config: { role: 'operator', errors: ['event.exists', 'event.range'] },
        schema: { summary: 'Create an event', tags, body: CreateEvent, response: { 201: Success } },
      },
      async (request, reply) => {
        const by = principalOf(request)
        const { public_id } = await createEvent(db, request.body, by)
        await changes.announce({ entity: 'event', verb: 'created', id: public_id, by: by.id })
        return reply.code(201).send(success('Event successfully created.', public_id))
      },
    )

    app.get(
      '/events/:id',
      {
        config: { role: 'viewer', errors: ['event.unknown'] },
        schema: { summary: 'Read an event', tags, params: ById, response: { 200: Event } },
      },
      ({ params }) => readEvent(db, params.id),
    )

    app.put(
      '/events/:id',
      {
        config: { role: 'operator', errors: ['event.unknown', 'event.exists', 'event.range'] },
        schema: {
          summary: 'Change an event',
          description: 'Fields that are left out stay as they are.',
          tags,
          params: ById,
          body: UpdateEvent,
          response: { 200: Success },
        },
      },
      async (request) => {
        const by = principalOf(request)
        const { id } = request.params
        const isChanged = await updateEvent(db, id, request.body, by)
        if (isChanged) await changes.announce({ entity: 'event', verb: 'updated', id, by: by.id })
        return success('Event successfully updated.', id)
      },
    )

    app.delete(
      '/events/:id',
      {
        config: { role: 'operator', errors: ['event.unknown'] },
        schema: {
          summary: 'Retire an event',
          description:
            'The event disappears and its name becomes free; channels linked to it are unlinked. Its datapoints are kept.',
          tags,
          params: ById,
          response: { 200: Success },
        },
      },
      async (request) => {
        const by = principalOf(request)
        const { id } = request.params
        await retireEvent(db, id, by)
        await changes.announce({ entity: 'event', verb: 'retired', id, by: by.id })
        return success('Event successfully deleted.', id)
      },
    )
  }
