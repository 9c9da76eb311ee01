import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { principalOf } from '@webmacs/auth/fastify'
import {
  CreateLogEntry,
  LogEntry,
  type LogEntryId,
  LogEntryPage,
  Page,
  Success,
  success,
  UpdateLogEntry,
} from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { anyId } from '@webmacs/http-kit/ids'
import { pageAnswer } from '@webmacs/http-kit/paging'
import { editOf, IfMatch, tagAnswer } from '@webmacs/http-kit/versions'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'
import type { Changes } from '../changes/changes.ts'
import { listLogEntries, readLogEntry, updateLogEntry, writeLogEntry } from './log-entry-store.ts'

export interface LoggingRoutesOptions {
  readonly db: Kysely<Tables>
  readonly changes: Changes
}

const tags = ['Logging']
const ById = Type.Object({ id: anyId<LogEntryId>('log entry', 'log') })

/** Entries are never deleted: there is no such route. */
export const loggingRoutes =
  ({ db, changes }: LoggingRoutesOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/logging',
      {
        schema: {
          summary: 'List log entries, newest first',
          tags,
          querystring: Page,
          response: { 200: LogEntryPage },
        },
      },
      async ({ query }) => {
        const { total, entries } = await listLogEntries(db, query)
        return pageAnswer(query, total, entries)
      },
    )

    app.post(
      '/logging',
      {
        schema: {
          summary: 'Write a log entry',
          description: 'It is unread until somebody marks it as read.',
          tags,
          body: CreateLogEntry,
          response: { 201: Success },
        },
      },
      async (request, reply) => {
        const by = principalOf(request)
        const id = await changes.make(by, (making) => writeLogEntry(making, request.body, by.key))
        return reply.code(201).send(success('LogEntry successfully created.', id))
      },
    )

    app.get(
      '/logging/:id',
      {
        config: { errors: ['log.unknown'] },
        schema: { summary: 'Read a log entry', tags, params: ById, response: { 200: LogEntry } },
      },
      async ({ params }, reply) => {
        const { value, updatedOn } = await readLogEntry(db, params.id)
        tagAnswer(reply, updatedOn)
        return value
      },
    )

    app.put(
      '/logging/:id',
      {
        config: { errors: ['log.unknown', 'request.precondition'] },
        schema: {
          summary: 'Mark a log entry as read, or rewrite it',
          description: 'Fields that are left out stay as they are. The audit log keeps what was rewritten.',
          tags,
          headers: IfMatch,
          params: ById,
          body: UpdateLogEntry,
          response: { 200: Success },
        },
      },
      async (request, reply) => {
        const { id } = request.params
        tagAnswer(reply, await updateLogEntry(changes, id, request.body, editOf(request)))
        return success('LogEntry successfully updated.', id)
      },
    )
  }
