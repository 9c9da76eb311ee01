import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { GapPage, GapQuery } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { pageAnswer } from '@webmacs/http-kit/paging'
import type { Kysely } from 'kysely'
import { listGaps } from './gap-store.ts'

export const gapRoutes =
  ({ db }: { readonly db: Kysely<Tables> }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/gaps',
      {
        schema: {
          summary: 'List what is missing for good, newest first',
          description:
            'The ledger of readings that will never come, as controllers report it: which, from when to when, and why. What is still on its way from an outbox is not in it.',
          tags: ['Datapoints'],
          querystring: GapQuery,
          response: { 200: GapPage },
        },
      },
      async ({ query }) => {
        const { total, gaps } = await listGaps(db, query)
        return pageAnswer(query, total, gaps)
      },
    )
  }
