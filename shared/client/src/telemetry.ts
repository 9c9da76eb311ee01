import type { NewDatapoint, TelemetryOutcome } from '@webmacs/contracts'
import { randomKey, sendInBatches } from './batches.ts'
import { ClientError } from './client-error.ts'
import type { CredentialOptions } from './credentials.ts'
import type { OpenSocket } from './socket.ts'
import { createTelemetryConnection } from './telemetry-connection.ts'
import { createBatchQueue } from './telemetry-queue.ts'
import type { Timers } from './timers.ts'

export interface TelemetryLimits {
  /** Batches sent and not yet answered (8). */
  readonly maxUnanswered?: number
  /** Datapoints that wait for their answer (50 000): what would make it more is refused with `queue-full`. */
  readonly maxQueued?: number
  /** A server that owes an answer for this long is taken as away, ms (15 000). */
  readonly answerTimeoutMs?: number
}

export interface TelemetrySenderOptions extends CredentialOptions, TelemetryLimits {
  /** `ws://` or `wss://` address of the gateway, without a path. */
  readonly url: string
  readonly openSocket?: OpenSocket
  readonly timers?: Timers
  readonly random?: () => number
}

export interface SendTelemetryOptions {
  /** Gives up on what is not answered yet; `send` throws the signal's reason then. Without, it waits until the server is back. */
  readonly signal?: AbortSignal | undefined
}

/** Sends readings over one connection that comes back by itself. Nothing is lost or stored twice when it breaks. */
export interface TelemetrySender {
  /**
   * Resolves when the server has the readings, and says which it did not take. Await it before the next one: that is the back-pressure.
   * @throws ClientError with the code of the server's answer, `queue-full`, `closed`, `auth.invalid-token` when the token is refused, or
   * `auth.forbidden` when its user may not send
   */
  send(datapoints: readonly NewDatapoint[], options?: SendTelemetryOptions): Promise<TelemetryOutcome>
  /** Closes the connection; what is not answered yet fails with `closed`. */
  close(): void
}

export function createTelemetrySender(options: TelemetrySenderOptions): TelemetrySender {
  const { maxUnanswered = 8, maxQueued = 50_000 } = options
  const queue = createBatchQueue(maxUnanswered)
  const connection = createTelemetryConnection(options, queue)
  let queued = 0
  let isClosed = false

  const sendBatch = (datapoints: readonly NewDatapoint[], id: string, signal: AbortSignal | undefined) =>
    new Promise<TelemetryOutcome>((resolve, reject) => {
      const leave = (): void => {
        queue.remove(id)
        reject(signal?.reason)
      }
      const settled = (): void => signal?.removeEventListener('abort', leave)
      signal?.addEventListener('abort', leave, { once: true })
      queue.add({
        id,
        datapoints,
        resolve: (outcome) => {
          settled()
          resolve(outcome)
        },
        reject: (error) => {
          settled()
          reject(error)
        },
      })
      connection.pump()
    })

  return {
    send: async (datapoints, { signal } = {}) => {
      signal?.throwIfAborted()
      if (isClosed) throw closed()
      if (queued > 0 && queued + datapoints.length > maxQueued) throw full(queued)
      queued += datapoints.length
      try {
        return await sendInBatches(datapoints, randomKey(), (batch, id) => {
          if (isClosed) throw closed()
          return sendBatch(batch, id, signal)
        })
      } finally {
        queued -= datapoints.length
      }
    },
    close: () => {
      isClosed = true
      connection.close()
      queue.rejectAll(closed())
    },
  }
}

const closed = (): ClientError =>
  new ClientError({ status: 0, code: 'closed', detail: 'The telemetry sender was closed.' })
const full = (waiting: number): ClientError =>
  new ClientError({ status: 0, code: 'queue-full', detail: `${waiting} datapoints wait already: await what was sent.` })
