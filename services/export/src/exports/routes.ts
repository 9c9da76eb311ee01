import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { principalOf } from '@webmacs/auth/fastify'
import {
  API_BASE,
  CreatedExport,
  CreateExport,
  Export,
  type ExportId,
  ExportMetadata,
  ExportPage,
  Page,
  Success,
  success,
} from '@webmacs/contracts'
import { anyId } from '@webmacs/http-kit/ids'
import { pageAnswer } from '@webmacs/http-kit/paging'
import { Type } from 'typebox'
import { hashDownloadKey, newDownloadKey } from './download-key.ts'
import { exportAnswer } from './export-record.ts'
import type { KeptExports } from './kept-exports.ts'

const tags = ['Exports']
export const ById = Type.Object({ id: anyId<ExportId>('export', 'xpt') })

/** Exports that are asked for first and fetched afterwards. */
export const keptExportRoutes =
  (kept: KeptExports): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/exports',
      {
        schema: {
          summary: 'List exports, newest first',
          description: 'One’s own; all of them for admins.',
          tags,
          querystring: Page,
          response: { 200: ExportPage },
        },
      },
      async (request) => {
        const { total, records } = await kept.list(request.query, principalOf(request))
        return pageAnswer(request.query, total, records.map(exportAnswer))
      },
    )

    app.post(
      '/exports',
      {
        config: { errors: ['experiment.unknown', 'event.unknown', 'export.too-many', 'export.no-space'] },
        schema: {
          summary: 'Ask for an export',
          description:
            'What can be had is checked at once. `download_url` is told only here; who opens it needs no token. A stream is made while it is downloaded, once; a file is made beforehand, and its download can be resumed.',
          tags,
          body: CreateExport,
          response: { 201: CreatedExport },
        },
      },
      async (request, reply) => {
        const key = newDownloadKey()
        const record = await kept.create(request.body, hashDownloadKey(key), principalOf(request))
        const download_url = `${API_BASE}/exports/${record.public_id}/download?key=${key}`
        return reply.code(201).send({ ...exportAnswer(record), download_url })
      },
    )

    app.get(
      '/exports/:id',
      {
        config: { errors: ['export.unknown'] },
        schema: { summary: 'Read an export', tags, params: ById, response: { 200: Export } },
      },
      async (request) => exportAnswer(await kept.read(request.params.id, principalOf(request))),
    )

    app.delete(
      '/exports/:id',
      {
        config: { errors: ['export.unknown'] },
        schema: {
          summary: 'Cancel an export, or remove its file',
          description: 'One that is under way ends at once. What became of it can still be read.',
          tags,
          params: ById,
          response: { 200: Success },
        },
      },
      async (request) => {
        const { id } = request.params
        await kept.remove(id, principalOf(request))
        return success('Export successfully deleted.', id)
      },
    )

    app.get(
      '/exports/:id/metadata',
      {
        config: { errors: ['export.unknown', 'experiment.unknown', 'event.unknown'] },
        schema: {
          summary: 'Read what an export is about',
          description: 'As it travels in the file: experiment, events with units and ranges, quality, gaps.',
          tags,
          params: ById,
          response: { 200: ExportMetadata },
        },
      },
      async (request) => await kept.metadata(request.params.id, principalOf(request)),
    )
  }
