import { DeviceTimeoutError } from '@webmacs/plugin-sdk'
import type { Timers } from './timers.ts'

/** The call was given up because the instance is being stopped. */
export class StoppedError extends Error {
  constructor() {
    super('stopped')
    this.name = 'StoppedError'
  }
}

export interface DeviceCallOptions {
  /** For the message when it takes too long, for example `connect`. */
  readonly what: string
  readonly deadlineMs: number
  readonly timers: Timers
  /** Gives the call up before its deadline. */
  readonly stop?: AbortSignal
}

export interface DeviceCall<T> {
  /** What the driver answered. Rejects with its error, with DeviceTimeoutError at the deadline, or with StoppedError. */
  readonly outcome: Promise<T>
  /** Resolves when the driver is really done, which may be long after its outcome was given up; never rejects. */
  readonly settled: Promise<void>
}

/** Asks a driver for something under a deadline. The driver's signal fires when nobody waits any more. */
export function callDevice<T>(work: (signal: AbortSignal) => Promise<T>, options: DeviceCallOptions): DeviceCall<T> {
  const { what, deadlineMs, timers, stop } = options
  const aborter = new AbortController()
  const given = Promise.withResolvers<T>()
  const giveUp = (err: Error): void => {
    given.reject(err)
    aborter.abort(err)
  }
  const onStop = (): void => giveUp(new StoppedError())
  const cancelDeadline = timers.after(deadlineMs, () =>
    giveUp(new DeviceTimeoutError(`${what} took longer than ${deadlineMs} ms`)),
  )
  if (stop?.aborted) onStop()
  else stop?.addEventListener('abort', onStop, { once: true })
  const settled = startSafely(work, aborter.signal)
    .then(given.resolve, given.reject)
    .finally(() => {
      cancelDeadline()
      stop?.removeEventListener('abort', onStop)
    })
  return { outcome: given.promise, settled }
}

/** A driver that throws before its first `await` fails like one that rejects. */
async function startSafely<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  return work(signal)
}

/** How long after its call was given up a driver may go on before it counts as hung. */
const HUNG_AFTER_MS = 10_000

/**
 * Waits until the driver is really done: a second call on top of one that it does not end would only make it worse.
 * @returns false when it does not heed its signal: nothing more can be asked of it
 */
export async function heedsItsSignal(
  { settled }: DeviceCall<unknown>,
  { timers, stop }: Pick<DeviceCallOptions, 'timers' | 'stop'>,
): Promise<boolean> {
  const waiting = Promise.withResolvers<boolean>()
  const cancel = timers.after(HUNG_AFTER_MS, () => waiting.resolve(false))
  const onStop = (): void => waiting.resolve(true)
  if (stop?.aborted) onStop()
  else stop?.addEventListener('abort', onStop, { once: true })
  try {
    return await Promise.race([settled.then(() => true), waiting.promise])
  } finally {
    cancel()
    stop?.removeEventListener('abort', onStop)
  }
}
