import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { principalOf } from '@webmacs/auth/fastify'
import { API_BASE, EXPORT_ROUTES, success } from '@webmacs/contracts'
import { pageAnswer } from '@webmacs/http-kit/paging'
import { hashDownloadKey, newDownloadKey } from './download-key.ts'
import { exportAnswer } from './export-record.ts'
import type { KeptExports } from './kept-exports.ts'

/** Exports that are asked for first and fetched afterwards. */
export const keptExportRoutes =
  (kept: KeptExports): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { list, create, read, remove, metadata } = EXPORT_ROUTES

    app.get(list.url, list.options, async (request) => {
      const { total, records } = await kept.list(request.query, principalOf(request))
      return pageAnswer(request.query, total, records.map(exportAnswer))
    })

    app.post(create.url, create.options, async (request, reply) => {
      const key = newDownloadKey()
      const record = await kept.create(request.body, hashDownloadKey(key), principalOf(request))
      const download_url = `${API_BASE}/exports/${record.public_id}/download?key=${key}`
      return reply.code(201).send({ ...exportAnswer(record), download_url })
    })

    app.get(read.url, read.options, async (request) =>
      exportAnswer(await kept.read(request.params.id, principalOf(request))),
    )

    app.delete(remove.url, remove.options, async (request) => {
      const { id } = request.params
      await kept.remove(id, principalOf(request))
      return success('Export successfully deleted.', id)
    })

    app.get(metadata.url, metadata.options, async (request) => kept.metadata(request.params.id, principalOf(request)))
  }
