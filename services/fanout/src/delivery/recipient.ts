import type { EventId } from '@webmacs/contracts'
import type { NewestReadings } from '../feed/newest-readings.ts'
import { batchMessage } from '../stream/messages.ts'

/** The few members of a WebSocket that delivery needs. */
export interface Outlet {
  readonly bufferedAmount: number
  send(data: string, sent: (err?: Error) => void): void
}

export interface RecipientOptions {
  readonly outlet: Outlet
  readonly newest: NewestReadings
  /** Unsent bytes past which values are no longer written but remembered by event. */
  readonly maxBufferedBytes: number
  readonly onCoalesced: (events: number) => void
}

/**
 * One client's end of the stream. While it reads too slowly, only the events it missed are remembered; when it has caught up it gets
 * their newest values. What it costs is therefore bounded by the buffer limit and the number of events, however long it stalls.
 */
export class Recipient {
  readonly #options: RecipientOptions
  readonly #missed = new Set<EventId>()
  #blockedSince: number | undefined

  constructor(options: RecipientOptions) {
    this.#options = options
  }

  deliver(message: string, events: readonly EventId[]): void {
    const { outlet, maxBufferedBytes, onCoalesced } = this.#options
    if (this.#blockedSince !== undefined || outlet.bufferedAmount > maxBufferedBytes) {
      this.#blockedSince ??= performance.now()
      for (const event of events) this.#missed.add(event)
      onCoalesced(events.length)
      return
    }
    this.#write(message)
  }

  /** Since when it has not read, on `performance.now()`'s clock; undefined while it keeps up. */
  get blockedSince(): number | undefined {
    return this.#blockedSince
  }

  #write(message: string): void {
    this.#options.outlet.send(message, (err) => {
      if (err === undefined || err === null) this.#catchUp()
      // A failed send closes the socket, which takes this recipient away.
    })
  }

  #catchUp(): void {
    const { outlet, maxBufferedBytes, newest } = this.#options
    if (this.#blockedSince === undefined || outlet.bufferedAmount > maxBufferedBytes / 2) return
    this.#blockedSince = undefined
    const readings = [...this.#missed].flatMap((event) => newest.of(event) ?? [])
    this.#missed.clear()
    if (readings.length > 0) this.#write(batchMessage(readings))
  }
}
