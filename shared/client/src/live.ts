import type { StreamDatapoint, StreamFault } from '@webmacs/contracts'
import { ClientError } from './client-error.ts'
import { createLiveBuffer } from './live-buffer.ts'
import type { LiveState } from './live-state.ts'
import { createLiveStream, type LiveStreamOptions } from './live-stream.ts'

export interface LiveOptions {
  /** Public ids of the events to follow; left out: all. */
  readonly events?: readonly string[] | undefined
  /** Updates a second and event, at most 5. */
  readonly maxRateHz?: number | undefined
  /** Ends the loop, quietly. */
  readonly signal?: AbortSignal | undefined
  /** Readings kept for a loop that is busy (1000); beyond that only the newest of each event stays. */
  readonly maxBuffered?: number | undefined
}

/** What has come since the loop last asked. */
export interface LiveBatch {
  /** In the order they came. Those of one event may come again after a reconnect: compare their times. Empty when only the state changed. */
  readonly readings: readonly StreamDatapoint[]
  /** Events whose sensor could not be read: the last value is no longer true. */
  readonly faults: readonly StreamFault[]
  /** How many were passed over because the loop was busy; newer ones of the same events came in their place. */
  readonly dropped: number
  /** How the connection stands. While it is anything but live from a live source, values on screen grow stale. */
  readonly state: LiveState
}

/**
 * Follows live readings for `for await`.
 * @throws ClientError `auth.invalid-token` when the server refuses the token and there is no other
 */
export async function* followLive(
  options: Omit<LiveStreamOptions, 'onState' | 'onReadings'> & LiveOptions,
): AsyncGenerator<LiveBatch, undefined> {
  const { events, maxRateHz, signal, maxBuffered = 1000 } = options
  const buffer = createLiveBuffer(maxBuffered)
  let wake: () => void = () => undefined
  let hasNews = false
  const tell = (): void => {
    hasNews = true
    wake()
  }
  const stream = createLiveStream({
    ...options,
    onState: tell,
    onReadings: (readings, faults) => {
      buffer.add(readings, faults)
      tell()
    },
  })
  if (events !== undefined || maxRateHz !== undefined) stream.subscribe(events, maxRateHz)
  signal?.addEventListener('abort', tell)
  try {
    if (!signal?.aborted) stream.start()
    while (!signal?.aborted) {
      if (!hasNews) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        continue
      }
      hasNews = false
      const state = stream.state()
      if (state.status === 'stopped') throw refused(state.detail)
      yield { ...buffer.take(), state }
    }
  } finally {
    signal?.removeEventListener('abort', tell)
    stream.stop()
  }
}

const refused = (reason = ''): ClientError =>
  new ClientError({
    status: 401,
    code: 'auth.invalid-token',
    detail: reason === '' ? 'The server refused the token of the live stream.' : reason,
  })
