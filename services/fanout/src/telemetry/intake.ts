import { type Bus, NoReplyError, request } from '@webmacs/bus'
import { AppError, type ErrorCode, TelemetryOutcome, type UserId } from '@webmacs/contracts'
import { reasonOf } from '../auth/reasons.ts'
import type { Batch } from './read-message.ts'

export type Submission =
  | { readonly kind: 'taken'; readonly outcome: TelemetryOutcome }
  /** Whether it was taken is unknown when there was no answer; it may be handed on again under the same key. */
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string; readonly retryAfterSeconds?: number }
  /** The sender may not do this any more; `reason` is for the close. */
  | { readonly kind: 'forbidden'; readonly reason: string }

export interface ReceivedBatch extends Batch {
  /** When it came, by our clock: a batch that is held sets no output late. */
  readonly receivedOn: string
}

const DEADLINE_MS = 5000

/**
 * Hands a batch to api, who owns the rules of what is taken. Never throws: a failure is an answer too.
 * @param key under which the same batch is taken once, however often it is handed on
 */
export async function submitBatch(bus: Bus, user: UserId, batch: ReceivedBatch, key: string): Promise<Submission> {
  if (bus.status() !== 'connected') return failure(new AppError('broker.unavailable'))
  const body = { user, datapoints: batch.datapoints, idempotency_key: key, received_on: batch.receivedOn }
  try {
    const options = { timeoutMs: DEADLINE_MS }
    const outcome = await request(bus, bus.names.subjects.telemetry, body, TelemetryOutcome, options)
    return { kind: 'taken', outcome: asSent(outcome, batch) }
  } catch (err) {
    if (err instanceof NoReplyError) return failure(new AppError('service.unavailable'))
    if (!(err instanceof AppError)) {
      bus.log.error({ event: 'telemetry.failed', err }, 'batch could not be handed on')
      return failure(new AppError('internal'))
    }
    const reason = reasonOf(err.code, 'session')
    return reason === undefined ? failure(err) : { kind: 'forbidden', reason }
  }
}

function failure({ code, message, retryAfterSeconds }: AppError): Submission {
  return { kind: 'failed', code, message, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) }
}

/** The outcome in the numbering of what the client sent, with what did not get as far as api. */
function asSent({ accepted, rejected }: TelemetryOutcome, batch: Batch): TelemetryOutcome {
  const byApi = rejected.map((one) => ({ ...one, index: batch.places[one.index] ?? one.index }))
  return { accepted, rejected: [...batch.rejected, ...byApi].sort((a, b) => a.index - b.index) }
}
