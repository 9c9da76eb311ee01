import { Type } from 'typebox'
import type { ErrorCode } from '../errors.ts'
import type { ExportId } from '../ids.ts'
import { Page, Success } from './common.ts'
import { CreatedExport, CreateExport, Export, ExportMetadata, ExportPage } from './exports.ts'

const tags = ['Exports']
const errors = (...codes: ErrorCode[]): { errors: readonly ErrorCode[] } => ({ errors: codes })

const ById = Type.Object({
  id: Type.Unsafe<ExportId>(Type.String({ description: 'Public id of the export', examples: ['xpt_7k2m9q4tx3ab'] })),
})
const part = (description: string) =>
  Type.Unsafe<unknown>(Type.String({ description, examples: ['timestamp,event_name,…'] }))

/** Routes of exports that are asked for first and fetched afterwards. */
export const KEPT_EXPORT_ROUTES = {
  list: {
    method: 'GET',
    url: '/exports',
    options: {
      config: errors(),
      schema: {
        summary: 'List exports, newest first',
        description: 'One’s own; all of them for admins.',
        tags,
        querystring: Page,
        response: { 200: ExportPage },
      },
    },
  },
  create: {
    method: 'POST',
    url: '/exports',
    options: {
      config: errors('experiment.unknown', 'event.unknown', 'export.too-many', 'export.no-space'),
      schema: {
        summary: 'Ask for an export',
        description:
          'What can be had is checked at once. `download_url` is told only here; who opens it needs no token. A stream is made while it is downloaded, once; a file is made beforehand, and its download can be resumed.',
        tags,
        body: CreateExport,
        response: { 201: CreatedExport },
      },
    },
  },
  read: {
    method: 'GET',
    url: '/exports/:id',
    options: {
      config: errors('export.unknown'),
      schema: {
        summary: 'Read an export',
        description: 'How far it is, or what became of it.',
        tags,
        params: ById,
        response: { 200: Export },
      },
    },
  },
  remove: {
    method: 'DELETE',
    url: '/exports/:id',
    options: {
      config: errors('export.unknown'),
      schema: {
        summary: 'Cancel an export, or remove its file',
        description: 'One that is under way ends at once. What became of it can still be read.',
        tags,
        params: ById,
        response: { 200: Success },
      },
    },
  },
  metadata: {
    method: 'GET',
    url: '/exports/:id/metadata',
    options: {
      config: errors('export.unknown', 'experiment.unknown', 'event.unknown'),
      schema: {
        summary: 'Read what an export is about',
        description: 'As it travels in the file: experiment, events with units and ranges, quality, gaps.',
        tags,
        params: ById,
        response: { 200: ExportMetadata },
      },
    },
  },
  download: {
    method: 'GET',
    url: '/exports/:id/download',
    options: {
      config: errors(
        ...(['export.unknown', 'export.gone', 'export.not-ready', 'export.failed'] as const),
        ...(['export.too-many', 'request.range'] as const),
      ),
      schema: {
        summary: 'Download an export',
        description:
          'With a token, or with the key of its link. A stream once, unless it failed before its first byte; a file as often as you like and in parts: `Range`, `If-Range` and `ETag` let a download that was cut be taken up where it ended.',
        tags,
        params: ById,
        querystring: Type.Object({
          key: Type.Optional(
            Type.String({
              maxLength: 100,
              description: 'From `download_url`, instead of a token',
              examples: ['b3JkZXI'],
            }),
          ),
        }),
        produces: ['text/csv', 'application/x-ndjson', 'application/vnd.apache.parquet'],
        response: { 200: part('The file'), 206: part('The part of it that was asked for') },
      },
    },
  },
} as const
