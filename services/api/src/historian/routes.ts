import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { principalOf } from '@webmacs/auth/fastify'
import { EventHoldingsPage, Holdings, MaintenancePage, Page, Retention, Success, success } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { pageAnswer } from '@webmacs/http-kit/paging'
import type { Kysely } from 'kysely'
import type { Broker } from '../broker.ts'
import type { Changes } from '../changes/changes.ts'
import { listEventHoldings, readHoldings } from './holdings.ts'
import { listMaintenanceRuns } from './maintenance-runs.ts'
import { readRetention, setRetention } from './retention.ts'

export interface HistorianRoutesOptions {
  readonly db: Kysely<Tables>
  readonly changes: Changes
  readonly broker: Broker
}

const tags = ['Historian']

export const historianRoutes =
  ({ db, changes, broker }: HistorianRoutesOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/historian',
      {
        schema: {
          summary: 'Read what the historian holds',
          description:
            'As maintenance measured it last, some minutes ago. `full_on` takes the rate of the last 24 hours and the space free then.',
          tags,
          response: { 200: Holdings },
        },
      },
      () => readHoldings(db),
    )

    app.get(
      '/historian/events',
      {
        schema: {
          summary: 'List what the historian holds of each event, the largest first',
          description: 'Also of events that were deleted: their datapoints stay.',
          tags,
          querystring: Page,
          response: { 200: EventHoldingsPage },
        },
      },
      async ({ query }) => {
        const { total, events } = await listEventHoldings(db, query)
        return pageAnswer(query, total, events)
      },
    )

    app.get(
      '/historian/retention',
      { schema: { summary: 'Read how long data is kept', tags, response: { 200: Retention } } },
      () => readRetention(db),
    )

    app.put(
      '/historian/retention',
      {
        config: { errors: ['historian.retention'] },
        schema: {
          summary: 'Set how long data is kept',
          description:
            'What is older is removed for good with the next run of maintenance, except what was measured during experiments that are marked ' +
            '`keep`. Rollups of an hour and more are kept for ever.',
          tags,
          body: Retention,
          response: { 200: Success },
        },
      },
      async (request) => {
        await setRetention({ changes, broker }, request.body, principalOf(request))
        return success('Retention successfully updated.')
      },
    )

    app.get(
      '/historian/maintenance',
      {
        schema: {
          summary: 'List the runs of maintenance, newest first',
          description: 'Of runs that changed nothing only the newest of each task is kept.',
          tags,
          querystring: Page,
          response: { 200: MaintenancePage },
        },
      },
      async ({ query }) => {
        const { total, runs } = await listMaintenanceRuns(db, query)
        return pageAnswer(query, total, runs)
      },
    )
  }
