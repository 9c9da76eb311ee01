import type { Tables } from '@webmacs/database'
import type { Logger } from '@webmacs/service-kit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import { type Delivered, type Delivery, sendExport } from '../delivery/send-export.ts'
import { formatOf } from '../formats.ts'
import { attachment } from '../selection/file-name.ts'
import { type Claim, claimStream, failExport, finishExport, releaseClaim } from './claims.ts'
import type { ExportNews } from './export-news.ts'
import type { ExportRecord } from './export-record.ts'
import { holdClaim } from './hold-claim.ts'
import { Meter } from './meter.ts'
import type { UnderWay } from './under-way.ts'

export interface StreamDelivery {
  readonly db: Kysely<Tables>
  readonly delivery: Delivery
  readonly news: ExportNews
  readonly underWay: UnderWay
  readonly log: Logger
  /** Unlike that of every other process. */
  readonly name: string
}

/**
 * Makes a stream while it is downloaded.
 * @returns false: somebody else has had it meanwhile
 * @throws AppError as `sendExport` does, before the first byte; it can be downloaded then as if nothing had happened
 */
export async function sendStream(
  streams: StreamDelivery,
  record: ExportRecord,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<boolean> {
  const { db, delivery, news, underWay, log, name } = streams
  const claim = await claimStream(db, record.public_id, name)
  if (claim === undefined) return false
  using work = underWay.begin(claim.id)
  // The answer is what can be ended at once: with it ends the query.
  work.signal.addEventListener('abort', () => reply.raw.destroy(), { once: true })
  news.tell('started', claim.id, record.user_public_id)
  const meter = new Meter()
  let delivered: Delivered | undefined
  try {
    await using _hold = holdClaim({ db, log, claim, meter, onLost: work.end })
    delivered = await sendExport(delivery, request, reply, record.selection, meter)
  } catch (err) {
    await releaseClaim(db, claim)
    throw err
  }
  await end(streams, claim, record, delivered)
  return true
}

async function end(
  { db, news }: StreamDelivery,
  claim: Claim,
  record: ExportRecord,
  delivered: Delivered | undefined,
): Promise<void> {
  if (delivered === undefined || (delivered.end !== 'done' && delivered.bytes === 0)) {
    await releaseClaim(db, claim)
    return
  }
  const { end, ...progress } = delivered
  const by = record.user_public_id
  if (end === 'done') {
    const keptSeconds = Math.max(0, record.expires_on / 1e6 - Date.now() / 1000)
    if (await finishExport(db, claim, { ...progress, sha256: null, keptSeconds })) news.tell('finished', claim.id, by)
  } else if (await failExport(db, claim, ENDED_EARLY[end], progress)) news.tell('failed', claim.id, by)
}

const ENDED_EARLY: Readonly<Record<Exclude<Delivered['end'], 'done'>, string>> = {
  left: 'The client left before the end.',
  idle: 'The client took nothing for too long.',
  stopped: 'The server stopped while it was made.',
  failed: 'Something went wrong on the server.',
}

/** What a HEAD is told: nothing is made for it. */
export function describeStream(
  reply: FastifyReply,
  { selection, file_name, expected_rows }: ExportRecord,
): FastifyReply {
  reply.type(formatOf(selection.format).contentType).header('content-disposition', attachment(file_name))
  if (expected_rows !== null) reply.header('x-expected-rows', String(expected_rows))
  return reply.send(null)
}
