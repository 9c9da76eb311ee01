/** Measures how long something takes, and runs something later; by a clock that is never set. */
export interface Timers {
  /** Milliseconds since some moment. */
  uptimeMs(): number
  /** @returns what cancels it */
  after(milliseconds: number, run: () => void): () => void
}

export const systemTimers: Timers = {
  uptimeMs: () => performance.now(),
  after: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds)
    return () => clearTimeout(timer)
  },
}

/** Resolves after the time, or at once when the signal fires. */
export async function wait(milliseconds: number, timers: Timers, stop: AbortSignal): Promise<void> {
  if (stop.aborted) return
  const done = Promise.withResolvers<void>()
  const finish = (): void => done.resolve()
  const cancel = timers.after(milliseconds, finish)
  stop.addEventListener('abort', finish, { once: true })
  await done.promise
  cancel()
  stop.removeEventListener('abort', finish)
}

/** For what nothing ends early. */
export const NEVER: AbortSignal = new AbortController().signal
