import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { principalOf } from '@webmacs/auth/fastify'
import { AppError, EXPORT_ROUTES, type ExportId } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import type { ExportDirectory } from '../files/export-directory.ts'
import { formatOf } from '../formats.ts'
import { isDownloadKey } from './download-key.ts'
import type { ExportRecord } from './export-record.ts'
import { readExport, readOwnExport } from './export-store.ts'
import { sendStoredFile } from './stored-file.ts'
import { describeStream, type StreamDelivery, sendStream } from './stream-delivery.ts'

export interface DownloadOptions {
  readonly db: Kysely<Tables>
  readonly directory: ExportDirectory
  readonly streams: StreamDelivery
}

/** Answers GET and HEAD alike; what is sent of a stream is sent once. */
export const downloadRoute =
  (options: DownloadOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { url, options: described } = EXPORT_ROUTES.download
    app.route({
      method: ['GET', 'HEAD'],
      url,
      ...described,
      handler: async (request, reply) => {
        const { params, query } = request
        const record = await admitted(options.db, request, params.id, query.key)
        return record.delivery === 'file'
          ? await download(options, record, request, reply)
          : await stream(options, record, request, reply)
      },
    })
  }

/** @throws AppError `export.unknown`, `auth.forbidden` */
async function admitted(
  db: Kysely<Tables>,
  request: FastifyRequest,
  id: ExportId,
  key: string | undefined,
): Promise<ExportRecord> {
  if (key === undefined) return await readOwnExport(db, id, principalOf(request))
  const record = await readExport(db, id)
  if (isDownloadKey(key, record.key_hash)) return record
  throw new AppError('auth.forbidden', { detail: 'The key of this link is not the right one.' })
}

async function download(
  { directory, streams }: DownloadOptions,
  record: ExportRecord,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { state, sha256, ended_on: madeOn, error } = record
  if (state === 'waiting' || state === 'running') throw new AppError('export.not-ready')
  if (state === 'failed') throw new AppError('export.failed', { ...(error !== null && { detail: error }) })
  const isOver = record.expires_on <= Date.now() * 1000
  if (state !== 'done' || sha256 === null || madeOn === null || isOver) throw new AppError('export.gone')
  return await sendStoredFile(request, reply, {
    ...{ sha256, madeOn, fileName: record.file_name, idleMs: streams.delivery.idleMs },
    stopping: streams.delivery.exports.stopping,
    path: directory.pathOf({ id: record.public_id, attempt: record.attempts }),
    contentType: formatOf(record.selection.format).contentType,
  })
}

async function stream(
  { streams }: DownloadOptions,
  record: ExportRecord,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const isOver = record.expires_on <= Date.now() * 1000
  if (record.state !== 'waiting' || isOver) throw new AppError('export.gone', { detail: GONE })
  if (request.method === 'HEAD') return describeStream(reply, record)
  if (!(await sendStream(streams, record, request, reply))) throw new AppError('export.gone', { detail: GONE })
  return reply
}

const GONE = 'It can be downloaded once, within the time that its link is good for. Ask for it again.'
