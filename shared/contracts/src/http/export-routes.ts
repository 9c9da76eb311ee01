import { Type } from 'typebox'
import type { ErrorCode } from '../errors.ts'
import { ExportQuery } from './exports.ts'

const tags = ['Exports']
const file = (description: string, example: string) => Type.String({ description, examples: [example] })
const CSV_LINES =
  'timestamp,event_name,event_public_id,value,unit,datapoint_public_id\r\n2026-11-23T16:00:00.123456+00:00,Inlet temperature,evt_7k2m9q4tx3ab,23.5,°C,dp_7k2m9q4tx3ab_hq0x4k3v9q\r\n'

const errors = (...codes: ErrorCode[]): { errors: readonly ErrorCode[] } => ({ errors: codes })

/**
 * Routes of the export service, described in one place: the service answers them, and the api shows them in the reference, which is one for
 * the whole system. Below `/api/v1`.
 */
export const EXPORT_ROUTES = {
  experimentCsv: {
    method: 'GET',
    url: '/experiments/:id/export/csv',
    options: {
      config: errors('experiment.unknown', 'export.too-many'),
      schema: {
        summary: 'Export an experiment as CSV',
        description:
          'All readings of an experiment, running or stopped, by time; bad ones are left out. Streamed: `X-Expected-Rows` tells how many rows come.',
        tags,
        params: Type.Object({
          id: Type.String({ description: 'Public id of the experiment', examples: ['exp_7k2m9q4tx3ab'] }),
        }),
        produces: ['text/csv'],
        response: { 200: file('The file', CSV_LINES) },
      },
    },
  },
  stream: {
    method: 'GET',
    url: '/export',
    options: {
      config: errors('experiment.unknown', 'event.unknown', 'export.too-many'),
      schema: {
        summary: 'Export readings of an experiment or a range of time',
        description:
          'Streamed while it is made, from the database as it was when it was asked for. `X-Expected-Rows` tells how many rows come, where that is known beforehand.',
        tags,
        querystring: ExportQuery,
        produces: ['text/csv', 'application/x-ndjson', 'application/vnd.apache.parquet'],
        response: { 200: file('The file', CSV_LINES) },
      },
    },
  },
} as const
