import { setTimeout as delay } from 'node:timers/promises'
import { ConfigError, type Logger } from '@webmacs/service-kit'

export interface AttemptOptions {
  /** What is being attempted, for the log. */
  readonly what: string
  readonly log: Logger
  /** Ends the trying. */
  readonly signal: AbortSignal
}

const FIRST_WAIT_MS = 250
const MAX_WAIT_MS = 5000

/** Tries until it succeeds: at start, database and broker may come up after this service. A configuration that is wrong is not tried again. */
export async function firstSuccess<T>(attempt: () => Promise<T>, { what, log, signal }: AttemptOptions): Promise<T> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, MAX_WAIT_MS)) {
    signal.throwIfAborted()
    try {
      return await attempt()
    } catch (err) {
      if (err instanceof ConfigError) throw err
      log.warn({ event: 'start.waiting', what, retryMs: waitMs, err }, 'not possible yet, trying again')
      await delay(waitMs, undefined, { signal })
    }
  }
}
