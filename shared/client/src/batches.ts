import type { NewDatapoint, TelemetryOutcome } from '@webmacs/contracts'
import { invalidArgument } from './client-error.ts'
import { MAX_BATCH_SIZE, MAX_IDEMPOTENCY_KEY } from './wire.ts'

/** A key that nothing else has. `crypto.randomUUID` is missing on pages that came by plain HTTP. */
export function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/**
 * Sends datapoints one batch after the other, each under a key of its own that follows from `key` and the batch's place, and adds up the
 * answers; `index` counts from the first datapoint of all.
 * @throws ClientError `request.invalid` before anything is sent, when the key leaves no room for the places
 */
export async function sendInBatches(
  datapoints: readonly NewDatapoint[],
  key: string,
  send: (batch: readonly NewDatapoint[], key: string) => Promise<TelemetryOutcome>,
): Promise<TelemetryOutcome> {
  refuseTooLong(key, datapoints.length)
  const total: TelemetryOutcome = { accepted: 0, rejected: [] }
  for (let start = 0; start < datapoints.length; start += MAX_BATCH_SIZE) {
    const batch = datapoints.slice(start, start + MAX_BATCH_SIZE)
    const { accepted, rejected } = await send(batch, `${key}${placeOf(start)}`)
    total.accepted += accepted
    total.rejected.push(...rejected.map((one) => ({ ...one, index: start + one.index })))
  }
  return total
}

const placeOf = (start: number): string => (start === 0 ? '' : `.${start}`)

function refuseTooLong(key: string, count: number): void {
  const lastPlace = placeOf(Math.floor(Math.max(count - 1, 0) / MAX_BATCH_SIZE) * MAX_BATCH_SIZE)
  if (key.length + lastPlace.length <= MAX_IDEMPOTENCY_KEY) return
  const together = lastPlace === '' ? '' : ` together with the place of the last batch (${lastPlace})`
  throw invalidArgument('idempotencyKey', `must have at most ${MAX_IDEMPOTENCY_KEY} characters${together}`)
}
