import type { EventId } from '@webmacs/contracts'
import type { LiveReading, NewestReadings } from '../feed/newest-readings.ts'
import { Audience } from './audience.ts'
import type { Recipient } from './recipient.ts'

/** At most five updates a second, event and client. */
export const MAX_RATE_HZ = 5

export interface Subscription {
  /** null: all events. */
  readonly events: readonly EventId[] | null
  readonly rateHz: number
}

/** Brings readings to the audiences, and recipients to the audience that their subscription belongs to. */
export class Hub {
  readonly #newest: NewestReadings
  readonly #audiences = new Map<string, Audience>()
  readonly #audienceOf = new Map<Recipient, string>()

  constructor(newest: NewestReadings) {
    this.#newest = newest
  }

  publish(readings: readonly LiveReading[]): void {
    const now = performance.now()
    for (const audience of this.#audiences.values()) audience.offer(readings, now)
  }

  /** Puts the recipient into the audience of its subscription, out of the one it was in. */
  subscribe(recipient: Recipient, { events, rateHz }: Subscription): void {
    this.leave(recipient)
    const key = `${rateHz}:${events === null ? '*' : [...events].sort().join()}`
    let audience = this.#audiences.get(key)
    if (audience === undefined) {
      audience = new Audience({
        events: events === null ? null : new Set(events),
        minIntervalMs: 1000 / rateHz,
        newest: this.#newest,
      })
      this.#audiences.set(key, audience)
    }
    audience.recipients.add(recipient)
    this.#audienceOf.set(recipient, key)
  }

  leave(recipient: Recipient): void {
    const key = this.#audienceOf.get(recipient)
    if (key === undefined) return
    this.#audienceOf.delete(recipient)
    const audience = this.#audiences.get(key)
    audience?.recipients.delete(recipient)
    if (audience?.recipients.size === 0) {
      audience.stop()
      this.#audiences.delete(key)
    }
  }

  /** What the subscription shows now, for a client that has just asked. */
  snapshot({ events }: Subscription): LiveReading[] {
    return [...(events ?? this.#newest.all())].flatMap((event) => this.#newest.of(event) ?? [])
  }

  stop(): void {
    for (const audience of this.#audiences.values()) audience.stop()
    this.#audiences.clear()
    this.#audienceOf.clear()
  }
}
