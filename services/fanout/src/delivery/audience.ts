import type { EventId } from '@webmacs/contracts'
import type { LiveReading, NewestReadings } from '../feed/newest-readings.ts'
import { batchMessage } from '../stream/messages.ts'
import { Coalescer } from './coalescer.ts'
import type { Recipient } from './recipient.ts'

/** Waiting values go out on this grid: fine enough for a cap of 200 ms, coarse enough to gather many events in one message. */
const DUE_GRID_MS = 20

/** Clients that want the same events at the same rate: coalesced once, written as JSON once, sent to each. */
export class Audience {
  readonly recipients = new Set<Recipient>()
  readonly #events: ReadonlySet<EventId> | null
  readonly #newest: NewestReadings
  readonly #coalescer: Coalescer
  #timer: NodeJS.Timeout | undefined

  constructor(options: {
    /** null: all events. */
    readonly events: ReadonlySet<EventId> | null
    readonly minIntervalMs: number
    readonly newest: NewestReadings
  }) {
    this.#events = options.events
    this.#newest = options.newest
    this.#coalescer = new Coalescer(options.minIntervalMs)
  }

  offer(readings: readonly LiveReading[], nowMs: number): void {
    const now = readings.filter(({ event }) => this.wants(event) && this.#coalescer.offer(event, nowMs))
    this.#send(now)
    if (this.#coalescer.hasWaiting) this.#timer ??= setTimeout(() => this.#sendDue(), DUE_GRID_MS)
  }

  wants(event: EventId): boolean {
    return this.#events === null || this.#events.has(event)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #sendDue(): void {
    this.#timer = undefined
    const due = this.#coalescer.due(performance.now())
    this.#send(due.flatMap((event) => this.#newest.of(event) ?? []))
    if (this.#coalescer.hasWaiting) this.#timer = setTimeout(() => this.#sendDue(), DUE_GRID_MS)
  }

  #send(readings: readonly LiveReading[]): void {
    if (readings.length === 0) return
    const message = batchMessage(readings)
    const events = readings.map(({ event }) => event)
    for (const recipient of this.recipients) recipient.deliver(message, events)
  }
}
