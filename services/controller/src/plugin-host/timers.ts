/** Runs something later. */
export interface Timers {
  /** @returns what cancels it */
  after(milliseconds: number, run: () => void): () => void
}

export const systemTimers: Timers = {
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
