import { type FileHandle, open } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { AppError, type Micros } from '@webmacs/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { parse } from 'range-parser'
import { watchIdleness } from '../delivery/idle-watch.ts'
import { attachment } from '../selection/file-name.ts'

export interface StoredFile {
  readonly path: string
  /** Hexadecimal; also its entity tag: the same bytes, the same tag. */
  readonly sha256: string
  readonly fileName: string
  readonly contentType: string
  readonly madeOn: Micros
  /** A client that reads nothing this long is cut, milliseconds. */
  readonly idleMs: number
  /** Cuts the download at once. */
  readonly stopping: AbortSignal
}

/** First and last byte, both included. */
interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * Sends a file, or the part of it that `Range` asks for, so that a download which was cut is taken up where it ended. Several ranges at once
 * are answered with the whole, which HTTP allows.
 * @throws AppError `export.gone`, `request.range`
 */
export async function sendStoredFile(
  request: FastifyRequest,
  reply: FastifyReply,
  stored: StoredFile,
): Promise<FastifyReply> {
  const file = await openFile(stored.path)
  try {
    const { size } = await file.stat()
    const etag = `"${stored.sha256}"`
    const range = rangeOf(request, { size, etag, madeOn: stored.madeOn }, reply)
    describe(reply, stored, etag)
    if (request.headers['if-none-match']?.split(',').some((tag) => tag.trim() === etag)) {
      await file.close()
      return reply.code(304).send()
    }
    const { start, end } = range ?? { start: 0, end: size - 1 }
    if (range !== undefined) reply.code(206).header('content-range', `bytes ${start}-${end}/${size}`)
    reply.header('content-length', end - start + 1)
    if (request.method === 'HEAD' || size === 0) {
      await file.close()
      return reply.send(null)
    }
    if (reply.raw.destroyed || stored.stopping.aborted) {
      await file.close()
      reply.raw.destroy()
      return reply.hijack()
    }
    watch(reply.raw, stored)
    return reply.send(file.createReadStream({ start, end }))
  } catch (err) {
    await file.close()
    throw err
  }
}

/** Until the client has gone, which it must not have yet. */
function watch(response: ServerResponse, { idleMs, stopping }: StoredFile): void {
  const cut = (): void => void response.destroy()
  const idle = watchIdleness(response, idleMs, cut)
  stopping.addEventListener('abort', cut, { once: true })
  response.on('drain', idle.moved).once('close', () => {
    idle.stop()
    stopping.removeEventListener('abort', cut)
  })
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path)
  } catch (err) {
    if (err instanceof Error && 'code' in err && err.code === 'ENOENT') {
      throw new AppError('export.gone', { detail: 'The file is not there any more.', cause: err })
    }
    throw err
  }
}

function describe(reply: FastifyReply, { madeOn, contentType, fileName }: StoredFile, etag: string): void {
  reply
    .header('accept-ranges', 'bytes')
    .header('etag', etag)
    .header('last-modified', new Date(madeOn / 1000).toUTCString())
    // A browser may keep it to go on with; it asks each time whether it is still the same.
    .header('cache-control', 'private, no-cache')
    .header('content-disposition', attachment(fileName))
    .type(contentType)
}

interface Representation {
  readonly size: number
  readonly etag: string
  readonly madeOn: Micros
}

/** undefined: the whole file. */
function rangeOf(request: FastifyRequest, whole: Representation, reply: FastifyReply): ByteRange | undefined {
  const { range } = request.headers
  if (range === undefined || !isSame(request.headers['if-range'], whole)) return undefined
  const { type, code, ranges } = parse(whole.size, range)
  if (type !== 'bytes' || (code & MALFORMED) !== 0 || ranges.length > 1) return undefined
  const [only] = ranges
  if (only !== undefined) return only
  if (whole.size === 0) return undefined
  reply.header('content-range', `bytes */${whole.size}`)
  throw new AppError('request.range', { detail: `The file has ${whole.size} bytes.` })
}

const MALFORMED = 1

/** Whether what the client has a part of is this file: `If-Range`, by tag or by date. */
function isSame(ifRange: string | string[] | undefined, { etag, madeOn }: Representation): boolean {
  if (ifRange === undefined) return true
  const condition = String(ifRange).trim()
  return condition === etag || condition === new Date(madeOn / 1000).toUTCString()
}
