import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { principalOf } from '@webmacs/auth/fastify'
import {
  Datapoint,
  DatapointPage,
  DatapointQuery,
  nowMicros,
  parseDatapointId,
  SeriesRequest,
  SeriesResponse,
  Success,
  success,
} from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'
import type { Broker } from '../broker.ts'
import type { Changes } from '../changes/changes.ts'
import { listDatapoints } from '../datapoint-lists/list-datapoints.ts'
import { readRecentSeries } from '../series/recent-series.ts'
import { deleteDatapoint } from './delete-datapoint.ts'
import type { LastValues } from './last-values.ts'
import { replaceDeleted } from './read-last-values.ts'
import { answerLastValues, readDatapoint } from './stored-datapoints.ts'

export interface DatapointRoutesOptions {
  readonly db: Kysely<Tables>
  readonly lastValues: LastValues
  readonly broker: Broker
  readonly changes: Changes
}

const tags = ['Datapoints']
const ById = Type.Object({
  id: Type.String({ description: 'Public id of the datapoint', examples: ['dp_7k2m9q4tx3ab_1g5w2k3v9q'] }),
})

export const datapointRoutes =
  ({ db, lastValues, broker, changes }: DatapointRoutesOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/datapoints',
      {
        config: { errors: ['event.unknown', 'experiment.unknown'] },
        schema: {
          summary: 'List datapoints, newest first',
          description:
            'Those of one moment come in order of their events. `next_cursor` of an answer, sent as `cursor`, goes on behind its last datapoint ' +
            'at any depth, whatever is stored meanwhile. `total` is exact as long as it can be counted quickly, otherwise an estimate, and ' +
            '`total_is_estimate` says so. Of a `quality` other than `shown` one request looks for about a second: an answer may then have ' +
            'fewer datapoints than fit on a page although there is a `next_cursor`, and a `page` or `skip` that reaches further back is refused.',
          tags,
          querystring: DatapointQuery,
          response: { 200: DatapointPage },
        },
      },
      ({ query }) => listDatapoints({ db }, query),
    )

    app.get(
      '/datapoints/latest',
      {
        schema: {
          summary: 'Read the newest value of each event',
          description:
            'Events without a value are left out, bad readings passed over. A reading is seen here before it is stored.',
          tags,
          response: { 200: Type.Array(Datapoint) },
        },
      },
      () => answerLastValues(db, lastValues.all()),
    )

    app.post(
      '/datapoints/series',
      {
        schema: {
          summary: 'Read the past of events for a chart',
          description:
            'Every id that is asked for is a key of the answer; an unknown one has no points. When there are more readings than ' +
            '`max_points`, the first, the last, and the lowest and highest of each stretch remain.',
          tags,
          body: SeriesRequest,
          response: { 200: SeriesResponse },
        },
      },
      ({ body }) => readRecentSeries(db, body, nowMicros()),
    )

    app.get(
      '/datapoints/:id',
      {
        config: { errors: ['datapoint.unknown'] },
        schema: {
          summary: 'Read a datapoint',
          tags,
          params: ById,
          response: { 200: Datapoint },
        },
      },
      ({ params }) => readDatapoint(db, params.id),
    )

    app.delete(
      '/datapoints/:id',
      {
        config: { errors: ['datapoint.unknown', 'broker.unavailable', 'historian.unavailable', 'datapoint.pending'] },
        schema: {
          summary: 'Delete a datapoint',
          description: 'It is gone for good, also from charts; the audit log keeps what it was.',
          tags,
          params: ById,
          response: { 200: Success },
        },
      },
      async (request) => {
        const { id } = request.params
        await deleteDatapoint({ broker, changes, lastValues }, id, principalOf(request))
        const deleted = parseDatapointId(id)
        // The sender must not see it again; other instances hear of it as a change.
        if (deleted !== undefined) await replaceDeleted({ db, values: lastValues }, deleted)
        return success('Datapoint successfully deleted.', id)
      },
    )
  }
