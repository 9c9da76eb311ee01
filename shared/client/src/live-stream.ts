import {
  CLOSE,
  type Micros,
  parseTime,
  STREAM_HEARTBEAT_MS,
  STREAM_PATH,
  type StreamDatapoint,
  type StreamFault,
  type StreamRequest,
  type StreamSubscribe,
} from '@webmacs/contracts'
import { backoffMs } from './backoff.ts'
import type { LiveState } from './live-state.ts'
import { readStreamMessage } from './stream-message.ts'
import { systemTimers, type Timers } from './timers.ts'

/** The part of a browser's WebSocket that the stream uses; Node's global one and the package `ws` have it too. */
export interface StreamSocket {
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: ((event: { code: number; reason: string }) => void) | null
  onerror: ((event: unknown) => void) | null
  send(text: string): void
  close(): void
}

/** Tells of `online` and `offline`, as `window` does. */
export type NetworkEvents = Pick<EventTarget, 'addEventListener' | 'removeEventListener'>

export interface LiveStreamOptions {
  /** `ws://` or `wss://` address of the gateway, without a path. */
  readonly url: string
  readonly getToken: () => string | undefined
  readonly onState: (state: LiveState) => void
  /** Readings in the order they arrived. Those of one event may come again after a reconnect: compare their times. */
  readonly onReadings: (datapoints: readonly StreamDatapoint[], faults: readonly StreamFault[]) => void
  /** The server's clock by its heartbeat, every five seconds: ages are wrong by as much as the two clocks differ. */
  readonly onServerTime?: (time: Micros) => void
  /** The server refused the token; the stream has stopped. */
  readonly onUnauthorized?: () => void
  readonly openSocket?: (url: string) => StreamSocket
  readonly network?: NetworkEvents
  readonly timers?: Timers
  readonly random?: () => number
}

/** Follows live readings and comes back by itself. */
export interface LiveStream {
  start(): void
  stop(): void
  /** Tries at once instead of at the next attempt's time. */
  retryNow(): void
  /** Follows only these events (undefined: all), also after each reconnect. */
  subscribe(eventIds: readonly string[] | undefined, maxRateHz?: number): void
  state(): LiveState
}

const RECONNECT = { firstMs: 1000, maxMs: 30_000 }
/** The delay grows until a connection has lasted this long, so that a server that accepts and drops us is not hammered. */
const STABLE_MS = 5000
const SILENCE_MS = 2 * STREAM_HEARTBEAT_MS + 2000
const PING_MS = 25_000
const POLL_AFTER_FAILURES = 3

const SILENT = 'The server went silent'
const LOST = 'Connection lost'
const OFFLINE = 'This device is offline'

const openBrowserSocket = (url: string): StreamSocket => new WebSocket(url) as StreamSocket // DOM events are richer than what we read

export function createLiveStream(options: LiveStreamOptions): LiveStream {
  const { timers = systemTimers, random = Math.random, openSocket = openBrowserSocket, network } = options
  let state: LiveState = { status: 'stopped', reason: 'closed' }
  let socket: StreamSocket | undefined
  let failures = 0
  let subscription: StreamSubscribe | undefined
  const pending = new Map<'silence' | 'retry' | 'stable' | 'ping', () => void>()

  const enter = (next: LiveState): void => {
    state = next
    options.onState(next)
  }
  const schedule = (what: 'silence' | 'retry' | 'stable' | 'ping', ms: number, act: () => void): void => {
    pending.get(what)?.()
    pending.set(what, timers.after(ms, act))
  }
  const cancelAll = (): void => {
    for (const cancel of pending.values()) cancel()
    pending.clear()
  }
  const send = (request: StreamRequest): void => socket?.send(JSON.stringify(request))

  /** Lets go of the socket at once: the close event of a dead one can take minutes. */
  const dropSocket = (): void => {
    cancelAll()
    const dropped = socket
    socket = undefined
    dropped?.close()
  }
  const end = (reason: 'closed' | 'unauthorized'): void => {
    dropSocket()
    network?.removeEventListener('online', retryNow)
    network?.removeEventListener('offline', onOffline)
    enter({ status: 'stopped', reason })
  }
  const waiting = (reason: string, nextAttemptAt: number | undefined): LiveState =>
    failures >= POLL_AFTER_FAILURES
      ? { status: 'polling', reason, nextAttemptAt }
      : { status: 'connecting', reason, nextAttemptAt }

  const fail = (reason: string): void => {
    dropSocket()
    failures++
    const waitMs = backoffMs(RECONNECT, failures, random())
    schedule('retry', waitMs, connect)
    enter(waiting(reason, timers.now() + waitMs))
  }
  const onConnected = (): void => {
    enter({ status: 'live', source: 'live' })
    schedule('stable', STABLE_MS, () => {
      failures = 0
    })
    schedulePing()
    if (subscription !== undefined) send(subscription)
  }
  const schedulePing = (): void =>
    schedule('ping', PING_MS, () => {
      send({ type: 'ping' })
      schedulePing()
    })

  const onMessage = (data: unknown): void => {
    schedule('silence', SILENCE_MS, () => fail(SILENT))
    const message = readStreamMessage(data)
    if (message === undefined) return
    if (message.type === 'connected') onConnected()
    if (message.type === 'datapoints_batch') options.onReadings(message.datapoints, message.faults ?? [])
    if (message.type === 'heartbeat') onHeartbeat(message.time, message.source)
  }
  const onHeartbeat = (text: string, source: 'live' | 'stale'): void => {
    const time = parseTime(text)
    if (time !== undefined) options.onServerTime?.(time)
    if (state.status === 'live' && state.source !== source) enter({ status: 'live', source })
  }

  function connect(): void {
    dropSocket()
    enter(
      failures === 0
        ? { status: 'connecting', reason: undefined, nextAttemptAt: undefined }
        : waiting(reasonOf(state), undefined),
    )
    const opened = openSocket(`${options.url}${STREAM_PATH}?token=${encodeURIComponent(options.getToken() ?? '')}`)
    socket = opened
    schedule('silence', SILENCE_MS, () => fail(SILENT))
    opened.onmessage = ({ data }) => {
      if (socket === opened) onMessage(data)
    }
    opened.onerror = () => undefined // a close event follows and says more
    opened.onclose = ({ code, reason }) => {
      if (socket !== opened) return
      if (code !== CLOSE.policy) {
        fail(reason === '' ? LOST : reason)
        return
      }
      end('unauthorized')
      options.onUnauthorized?.()
    }
  }
  function retryNow(): void {
    if (state.status === 'stopped' || state.status === 'live') return
    connect()
  }
  function onOffline(): void {
    if (socket !== undefined) fail(OFFLINE)
  }

  return {
    start: () => {
      if (state.status !== 'stopped') return
      failures = 0
      network?.addEventListener('online', retryNow)
      network?.addEventListener('offline', onOffline)
      connect()
    },
    stop: () => {
      if (state.status !== 'stopped') end('closed')
    },
    retryNow,
    subscribe: (eventIds, maxRateHz) => {
      subscription = {
        type: 'subscribe',
        event_public_ids: eventIds === undefined ? null : [...eventIds],
        ...(maxRateHz === undefined ? {} : { max_rate_hz: maxRateHz }),
      }
      if (state.status === 'live') send(subscription)
    },
    state: () => state,
  }
}

const reasonOf = (state: LiveState): string =>
  state.status === 'connecting' || state.status === 'polling' ? (state.reason ?? LOST) : LOST
