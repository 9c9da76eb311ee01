import { CLOSE, type EventId, formatTime, nowMicros, STREAM_HEARTBEAT_MS, type StreamRequest } from '@webmacs/contracts'
import type { WebSocket } from 'ws'
import { type Hub, MAX_RATE_HZ } from '../delivery/hub.ts'
import { Recipient } from '../delivery/recipient.ts'
import type { NewestReadings } from '../feed/newest-readings.ts'
import type { Session } from '../sockets/endpoint.ts'
import { batchMessage, encodeMessage, readClientMessage } from './messages.ts'

export interface SessionOptions {
  readonly socket: WebSocket
  readonly hub: Hub
  readonly newest: NewestReadings
  readonly maxBufferedBytes: number
  readonly slowClientMs: number
  readonly isBrokerAway: () => boolean
  readonly onCoalesced: (events: number) => void
}

/** One authenticated client on the live stream, from its greeting to its close. */
export class StreamSession implements Session {
  readonly #options: SessionOptions
  readonly #recipient: Recipient
  #heartbeats: NodeJS.Timeout | undefined

  constructor(options: SessionOptions) {
    this.#options = options
    this.#recipient = new Recipient({
      outlet: options.socket,
      newest: options.newest,
      maxBufferedBytes: options.maxBufferedBytes,
      onCoalesced: options.onCoalesced,
    })
  }

  start(): void {
    const { hub } = this.#options
    this.#heartbeats = setInterval(() => this.heartbeat(), STREAM_HEARTBEAT_MS)
    this.#say(encodeMessage({ type: 'connected', message: 'Connected to the datapoint stream' }))
    this.heartbeat()
    hub.subscribe(this.#recipient, { events: null, rateHz: MAX_RATE_HZ })
  }

  forbid(): void {
    this.#leave()
  }

  async finish(): Promise<void> {
    // Nothing that a client said here waits.
  }

  async stop(): Promise<void> {
    this.#leave()
  }

  #leave(): void {
    clearInterval(this.#heartbeats)
    this.#options.hub.leave(this.#recipient)
  }

  /** Says that the stream lives, and whether values can arrive at all. */
  heartbeat(): void {
    const { isBrokerAway } = this.#options
    this.#say(
      encodeMessage({ type: 'heartbeat', time: formatTime(nowMicros()), source: isBrokerAway() ? 'stale' : 'live' }),
    )
    this.#endIfTooSlow()
  }

  receive(text: string): void {
    const message = readClientMessage(text)
    switch (message.kind) {
      case 'not-json':
        this.#options.socket.close(CLOSE.unsupported, 'Messages must be JSON objects')
        break
      case 'invalid':
        this.#say(encodeMessage({ type: 'error', message: message.problem }))
        break
      case 'ignored':
        break
      case 'request':
        this.#answer(message.request)
        break
    }
  }

  #answer(request: StreamRequest): void {
    if (request.type === 'ping') this.#say(encodeMessage({ type: 'pong' }))
    else this.#subscribe(request.event_public_ids ?? null, request.max_rate_hz ?? MAX_RATE_HZ)
  }

  #subscribe(ids: readonly string[] | null, rateHz: number): void {
    const { hub } = this.#options
    const events = ids === null ? null : ([...new Set(ids)] as EventId[]) // ids are opaque here: an unknown one gets nothing
    const subscription = { events, rateHz }
    hub.subscribe(this.#recipient, subscription)
    this.#say(encodeMessage({ type: 'subscribed', events: events?.length ?? null }))
    const snapshot = hub.snapshot(subscription)
    if (snapshot.length === 0) return
    this.#recipient.deliver(
      batchMessage(snapshot),
      snapshot.map(({ event }) => event),
    )
  }

  /** Control messages are small and pass by the limit that holds values back. */
  #say(message: string): void {
    const { socket, maxBufferedBytes } = this.#options
    if (socket.readyState === socket.OPEN && socket.bufferedAmount <= 2 * maxBufferedBytes) socket.send(message)
  }

  #endIfTooSlow(): void {
    const since = this.#recipient.blockedSince
    if (since === undefined || performance.now() - since < this.#options.slowClientMs) return
    this.#options.socket.close(CLOSE.tooSlow, 'Client reads too slowly')
    this.#options.socket.terminate() // its buffer is full: a close frame would wait behind it for ever
  }
}
