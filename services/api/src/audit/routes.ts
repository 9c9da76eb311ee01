import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AuditPage, AuditQuery } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { pageAnswer } from '@webmacs/http-kit/paging'
import type { Kysely } from 'kysely'
import { listAuditEntries } from './audit-log.ts'

export interface AuditRoutesOptions {
  readonly db: Kysely<Tables>
}

export const auditRoutes =
  ({ db }: AuditRoutesOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/audit',
      {
        schema: {
          summary: 'List who changed what, newest first',
          description:
            'Parameters narrow the list, each further than the one before. Entries are never changed or deleted.',
          tags: ['Audit'],
          querystring: AuditQuery,
          response: { 200: AuditPage },
        },
      },
      async ({ query }) => {
        const { total, entries } = await listAuditEntries(db, query)
        return pageAnswer(query, total, entries)
      },
    )
  }
