import { setTimeout as delay } from 'node:timers/promises'

/** Resolves when the signal fires. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return untilSettled(Promise.withResolvers<never>().promise, signal)
}

/** Resolves when the promise has settled or the signal fires, whichever comes first, and leaves nothing behind on the signal. */
export async function untilSettled(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const done = Promise.withResolvers<void>()
  const finish = (): void => done.resolve()
  signal.addEventListener('abort', finish, { once: true })
  if (signal.aborted) finish()
  promise.then(finish, finish)
  await done.promise
  signal.removeEventListener('abort', finish)
}

/** Waits, or stops waiting when the signal fires. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal })
  } catch (err) {
    if (!signal.aborted) throw err
  }
}
