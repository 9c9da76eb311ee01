import type { StreamDatapoint, StreamFault, StreamRequest, StreamSubscribe } from '@webmacs/contracts'
import { backoffMs } from './backoff.ts'
import { ClientError } from './client-error.ts'
import type { CredentialOptions } from './credentials.ts'
import type { LiveState } from './live-state.ts'
import { isTokenShaped, openWebSocket, type StreamSocket, socketProtocols } from './socket.ts'
import { readStreamMessage } from './stream-message.ts'
import { systemTimers, type Timers } from './timers.ts'
import { CLOSE_POLICY, ROLE_CHANGED, STREAM_HEARTBEAT_MS, STREAM_PATH } from './wire.ts'

/** Tells of `online` and `offline`, as `window` does. */
export type NetworkEvents = Pick<EventTarget, 'addEventListener' | 'removeEventListener'>

/**
 * `onUnauthorized` is called when the server refuses the token: the stream goes on with another one, and stops where there is none. Not when
 * the role has changed: the same token connects again.
 */
export interface LiveStreamOptions extends CredentialOptions {
  /** `ws://` or `wss://` address of the gateway, without a path. */
  readonly url: string
  readonly onState: (state: LiveState) => void
  /** Readings in the order they arrived. Those of one event may come again after a reconnect: compare their times. */
  readonly onReadings: (datapoints: readonly StreamDatapoint[], faults: readonly StreamFault[]) => void
  /** The server's clock by its heartbeat, every five seconds, ms since 1970: ages are wrong by as much as the two clocks differ. */
  readonly onServerTime?: (ms: number) => void
  readonly openSocket?: (url: string, protocols: string[]) => StreamSocket
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
const REFUSED = 'The token is no longer taken'
const NO_TOKEN = 'Logging in failed'
const MISSHAPEN = 'The token has characters that no token has'

export function createLiveStream(options: LiveStreamOptions): LiveStream {
  const { timers = systemTimers, random = Math.random, openSocket = openWebSocket, network } = options
  let state: LiveState = { status: 'stopped', reason: 'closed' }
  let socket: StreamSocket | undefined
  let failures = 0
  /** Another token was asked for, and no connection has lasted since. */
  let isRenewed = false
  /** Which connection is wanted; what comes of an earlier one is not heeded. */
  let generation = 0
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
    generation++
    const dropped = socket
    socket = undefined
    dropped?.close()
  }
  const end = (reason: 'closed' | 'unauthorized', detail?: string): void => {
    dropSocket()
    network?.removeEventListener('online', retryNow)
    network?.removeEventListener('offline', onOffline)
    enter({ status: 'stopped', reason, ...(detail === undefined ? {} : { detail }) })
  }
  const waiting = (reason: string, nextAttemptAt: number | undefined): LiveState =>
    failures >= POLL_AFTER_FAILURES
      ? { status: 'polling', reason, nextAttemptAt }
      : { status: 'connecting', reason, nextAttemptAt }

  const fail = (reason: string): void => {
    failures++
    comeBackIn(backoffMs(RECONNECT, failures, random()), reason)
  }
  /** At once, but not again and again. */
  const comeBack = (reason: string): void => {
    failures++
    comeBackIn(failures === 1 ? 0 : backoffMs(RECONNECT, failures, random()), reason)
  }
  const comeBackIn = (waitMs: number, reason: string): void => {
    dropSocket()
    schedule('retry', waitMs, connect)
    enter(waiting(reason, timers.now() + waitMs))
  }
  const onConnected = (): void => {
    enter({ status: 'live', source: 'live' })
    schedule('stable', STABLE_MS, () => {
      failures = 0
      isRenewed = false
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
    const ms = Date.parse(text)
    if (!Number.isNaN(ms)) options.onServerTime?.(ms)
    if (state.status === 'live' && state.source !== source) enter({ status: 'live', source })
  }

  function connect(): void {
    dropSocket()
    enter(
      failures === 0
        ? { status: 'connecting', reason: undefined, nextAttemptAt: undefined }
        : waiting(reasonOf(state), undefined),
    )
    schedule('silence', SILENCE_MS, () => fail(SILENT))
    const token = options.getToken()
    if (token instanceof Promise) openWhenKnown(token)
    else open(token)
  }
  function openWhenKnown(token: Promise<string | undefined>): void {
    const wanted = generation
    token.then(
      (known) => {
        if (generation === wanted) open(known)
      },
      (error: unknown) => {
        if (generation === wanted) onNoToken(error)
      },
    )
  }
  function onNoToken(error: unknown): void {
    isRenewed = false
    if (error instanceof ClientError && !error.isTemporary) end('unauthorized', error.detail)
    else fail(NO_TOKEN)
  }
  function open(token: string | undefined): void {
    if (!isTokenShaped(token)) {
      onRefused(token, MISSHAPEN)
      return
    }
    const opened = openSocket(`${options.url}${STREAM_PATH}`, socketProtocols(token))
    socket = opened
    opened.onmessage = ({ data }) => {
      if (socket === opened) onMessage(data)
    }
    opened.onerror = () => undefined // a close event follows and says more
    opened.onclose = ({ code, reason }) => {
      if (socket !== opened) return
      if (code === CLOSE_POLICY && reason === ROLE_CHANGED) comeBack(reason)
      else if (code === CLOSE_POLICY) onRefused(token, reason)
      else fail(reason === '' ? LOST : reason)
    }
  }
  function onRefused(token: string | undefined, detail: string): void {
    dropSocket()
    const renewal = isRenewed ? undefined : options.onUnauthorized?.(token)
    isRenewed = true
    if (typeof renewal === 'string') connect()
    else if (renewal instanceof Promise) connectWhenRenewed(renewal, detail)
    else end('unauthorized', detail)
  }
  function connectWhenRenewed(renewal: Promise<string | undefined>, detail: string): void {
    const wanted = generation
    enter({ status: 'connecting', reason: REFUSED, nextAttemptAt: undefined })
    const proceed = (renewed: string | undefined): void => {
      if (generation !== wanted) return
      if (renewed === undefined) end('unauthorized', detail)
      else connect()
    }
    renewal.then(proceed, (error: unknown) => {
      if (generation === wanted) onNoToken(error)
    })
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
      isRenewed = false
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
