import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { ExportSelection } from '@webmacs/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ExportEnd, ExportMetrics } from '../export-metrics.ts'
import { Meter } from '../exports/meter.ts'
import type { OpenExport } from '../open-export.ts'
import type { OpenExports } from '../open-exports.ts'
import { attachment } from '../selection/file-name.ts'
import type { RowBatch } from '../table/table.ts'
import { acceptsGzip } from './accepts-gzip.ts'
import { watchIdleness } from './idle-watch.ts'

export interface Delivery {
  readonly exports: OpenExports
  readonly metrics: ExportMetrics
  /** A client that reads nothing this long is cut, milliseconds. */
  readonly idleMs: number
}

export interface Delivered {
  readonly rows: number
  readonly bytes: number
  readonly end: ExportEnd
}

/** Compresses to about a seventh at a rate that keeps up with the database; higher levels take twice the time for a few percent. */
const GZIP_LEVEL = 1

/**
 * Answers a request with an export while it is made: nothing is made that the client does not take. Resolves when all of it was sent, or it
 * ended otherwise, and the snapshot was let go.
 * @param meter counts what is made
 * @returns undefined: there was nothing to send, or nobody to send it to
 * @throws AppError as `OpenExports.open` does, before anything was sent
 */
export async function sendExport(
  { exports, metrics, idleMs }: Delivery,
  request: FastifyRequest,
  reply: FastifyReply,
  selection: ExportSelection,
  meter = new Meter(),
): Promise<Delivered | undefined> {
  const { raw: response } = reply
  if (response.destroyed) {
    reply.hijack()
    return undefined
  }
  const left = new AbortController()
  const leave = (): void => left.abort()
  response.once('close', leave)
  const began = performance.now()
  const opened = await exports.open(selection, left.signal)
  try {
    sayWhatComes(reply, opened)
    if (request.method === 'HEAD') {
      await reply.send()
      return undefined
    }
    const isCompressed = opened.format.compressible && acceptsGzip(request.headers['accept-encoding'])
    if (isCompressed) reply.header('content-encoding', 'gzip')
    reply.hijack()
    response.writeHead(200, reply.getHeaders() as Record<string, string>) // as they were set here and by hooks
    return await send(opened, isCompressed)
  } finally {
    response.off('close', leave)
    opened.close()
  }

  async function send(source: OpenExport, isCompressed: boolean): Promise<Delivered> {
    const { format } = selection
    let isIdle = false
    const idle = watchIdleness(response, idleMs, () => {
      isIdle = true
      response.destroy()
    })
    async function* counted(batches: AsyncIterable<RowBatch>): AsyncGenerator<RowBatch, void, void> {
      for await (const batch of batches) {
        yield batch
        metrics.made(format, batch.rows)
      }
    }
    async function* taken(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
      for await (const chunk of chunks) {
        idle.moved()
        metrics.sent(format, chunk.length)
        yield chunk
      }
    }
    const content = source.format.encode(meter.rowsOf({ ...source, batches: counted(source.batches) }))
    const bytes = Readable.from(taken(meter.bytesOf(content)), { objectMode: false })
    // Whoever waits for a client that reads nothing would not notice that the snapshot has ended.
    const { stopping: signal } = exports
    let end: ExportEnd = 'done'
    try {
      if (isCompressed) await pipeline(bytes, createGzip({ level: GZIP_LEVEL }), response, { signal })
      else await pipeline(bytes, response, { signal })
    } catch (err) {
      end = signal.aborted ? 'stopped' : isIdle ? 'idle' : left.signal.aborted ? 'left' : 'failed'
      // The answer has begun: that it breaks off is all that the client can be told.
      response.destroy()
      if (end === 'failed') request.log.error({ event: 'export.failed', ...meter.progress, err }, 'export broke off')
    } finally {
      idle.stop()
    }
    const seconds = (performance.now() - began) / 1000
    metrics.ended(format, end, seconds)
    const facts = { event: 'export.ended', end, format, ...meter.progress, durationMs: Math.round(seconds * 1000) }
    request.log.info(facts, 'export ended')
    return { ...meter.progress, end }
  }
}

function sayWhatComes(reply: FastifyReply, { format, fileName, expectedRows }: OpenExport): void {
  reply.type(format.contentType).header('content-disposition', attachment(fileName))
  // Besides the encoding, the origin says for whom an answer is; proxies that buffer would break the download’s pace.
  if (format.compressible) reply.header('vary', addTo(reply.getHeader('vary'), 'Accept-Encoding'))
  reply.header('x-accel-buffering', 'no')
  if (expectedRows !== null) reply.header('x-expected-rows', String(expectedRows))
}

const addTo = (header: unknown, name: string): string =>
  typeof header === 'string' && header !== '' ? `${header}, ${name}` : name
