import {
  type Client,
  createLiveStream,
  type LiveState,
  type LiveStreamOptions,
  type NetworkEvents,
  POLL_INTERVAL_MS,
} from '@webmacs/client'
import { createTicker, type Ticker } from '../../lib/ticker.ts'
import { createReadingStore, type ReadingStore } from './reading-store.ts'

export interface LiveConnectionOptions {
  readonly client: { readonly datapoints: Pick<Client['datapoints'], 'latest'> }
  /** `ws://` or `wss://` address, without a path. */
  readonly url: string
  readonly getToken: () => string | undefined
  readonly onUnauthorized: () => void
  readonly network: NetworkEvents
  readonly openSocket?: LiveStreamOptions['openSocket']
  readonly schedule: (flush: () => void) => void
}

/** The one live connection of the page: the stream, polling in its place, and what arrived by either. */
export interface LiveConnection {
  readonly readings: ReadingStore
  readonly ticker: Ticker
  start(): void
  stop(): void
  retryNow(): void
  /** The same object until it changes. `polling` only while the polls are answered: else the values on screen are as stale as before. */
  state(): LiveState
  subscribe(listener: () => void): () => void
  /** Hears when values flow again after an outage: what was missed lies in the history. */
  onRecovered(listener: () => void): () => void
}

export function createLiveConnection(options: LiveConnectionOptions): LiveConnection {
  const readings = createReadingStore(options.schedule)
  const ticker = createTicker()
  const stateListeners = new Set<() => void>()
  const recoveryListeners = new Set<() => void>()
  let polling: AbortController | undefined
  let arePollsAnswered = false
  let current: LiveState = { status: 'stopped', reason: 'closed' }
  let wasLost = false

  const onState = (state: LiveState): void => {
    if (state.status !== 'polling') stopPolling()
    else if (polling === undefined) startPolling()
    if (isLost(state)) wasLost = true
    else if (state.status === 'live' && wasLost) {
      wasLost = false
      for (const listener of recoveryListeners) listener()
    }
    tell()
  }
  const tell = (): void => {
    const state = stream.state()
    current = state.status === 'polling' && !arePollsAnswered ? { ...state, status: 'connecting' } : state
    for (const listener of stateListeners) listener()
  }
  const onPolled = (isAnswered: boolean): void => {
    if (isAnswered === arePollsAnswered) return
    arePollsAnswered = isAnswered
    tell()
  }
  const stopPolling = (): void => {
    polling?.abort()
    polling = undefined
    arePollsAnswered = false
  }
  const startPolling = (): void => {
    polling = new AbortController()
    void poll(polling.signal) // ends by its signal, and handles its own failures
  }
  const poll = async (signal: AbortSignal): Promise<void> => {
    try {
      const datapoints = await options.client.datapoints.latest({ signal })
      if (signal.aborted) return
      readings.apply(datapoints)
      onPolled(true)
    } catch {
      if (signal.aborted) return
      onPolled(false) // the server is away for requests too: the state says so, and the next poll may be answered
    }
    const next = setTimeout(() => void poll(signal), POLL_INTERVAL_MS)
    signal.addEventListener('abort', () => clearTimeout(next), { once: true })
  }

  const stream = createLiveStream({
    url: options.url,
    getToken: options.getToken,
    network: options.network,
    ...(options.openSocket === undefined ? {} : { openSocket: options.openSocket }),
    onState,
    onReadings: readings.apply,
    onServerTime: ticker.adjustTo,
    onUnauthorized: options.onUnauthorized,
  })
  return {
    readings,
    ticker,
    start: stream.start,
    stop: stream.stop,
    retryNow: stream.retryNow,
    state: () => current,
    subscribe: (listener) => {
      stateListeners.add(listener)
      return () => stateListeners.delete(listener)
    },
    onRecovered: (listener) => {
      recoveryListeners.add(listener)
      return () => recoveryListeners.delete(listener)
    },
  }
}

const isLost = (state: LiveState): boolean =>
  state.status === 'polling' ||
  (state.status === 'connecting' && state.reason !== undefined) ||
  (state.status === 'live' && state.source === 'stale')
