import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { EXPORT_ROUTES, type ExportQuery, type ExportSelection } from '@webmacs/contracts'
import { type Delivery, sendExport } from '../delivery/send-export.ts'

export const exportRoutes =
  (delivery: Delivery): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { experimentCsv, stream } = EXPORT_ROUTES
    app.get(experimentCsv.url, experimentCsv.options, async (request, reply) => {
      await sendExport(delivery, request, reply, { ...EVERYTHING, experiment: request.params.id })
      return reply
    })

    app.get(stream.url, stream.options, async (request, reply) => {
      await sendExport(delivery, request, reply, selectionOf(request.query))
      return reply
    })
  }

/** What the file of an experiment has always had in it. */
const EVERYTHING = {
  format: 'csv',
  shape: 'long',
  every: 'raw',
  method: 'none',
  include_bad: false,
  metadata: false,
} as const satisfies ExportSelection

function selectionOf({ event, ...selection }: ExportQuery): ExportSelection {
  return event === undefined ? selection : { ...selection, events: [event].flat() }
}
