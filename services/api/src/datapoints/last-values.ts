import type { Change, EventId, Micros, QualityBits } from '@webmacs/contracts'
import type { DatapointKey } from './datapoint-id.ts'

export interface LastValue {
  readonly event: EventId
  readonly time: Micros
  readonly value: number
  readonly quality: QualityBits
}

/**
 * The newest value of each event, whatever order readings come in. Holds those of unknown events too, because a reading may come before the
 * news that its event was made, but shows only those of events that are in use.
 */
export class LastValues {
  readonly #values = new Map<EventId, LastValue>()
  #inUse = new Set<EventId>()
  #newest: Micros | undefined
  #deletions = 0

  note(value: LastValue): void {
    this.noteTime(value.time)
    const known = this.#values.get(value.event)
    if (known === undefined || value.time > known.time) this.#values.set(value.event, value)
  }

  /** A reading without a value is no last value, but a sign of life. */
  noteTime(time: Micros): void {
    if (this.#newest === undefined || time > this.#newest) this.#newest = time
  }

  /** All events in use; values of others are forgotten. */
  setEvents(events: Iterable<EventId>): void {
    this.#inUse = new Set(events)
    for (const event of this.#values.keys()) if (!this.#inUse.has(event)) this.#values.delete(event)
  }

  /** Follows events that are made and retired; other changes mean nothing here. */
  noteChange({ entity, verb, id }: Pick<Change, 'entity' | 'verb' | 'id'>): void {
    if (entity !== 'event') return
    const event = id as EventId // the entity says that it is one
    if (verb === 'created') this.#inUse.add(event)
    if (verb !== 'retired') return
    this.#inUse.delete(event)
    this.#values.delete(event)
  }

  /** Forgets a datapoint that was deleted; where it was its event's newest, another one is to be found. */
  forget({ event, time }: DatapointKey): void {
    this.#deletions += 1
    if (this.#values.get(event)?.time === time) this.#values.delete(event)
  }

  /** How many datapoints were deleted: who reads values while it rises may have read one of those. */
  get deletions(): number {
    return this.#deletions
  }

  /** One value for each event in use that has one. */
  all(): LastValue[] {
    return [...this.#values.values()].filter(({ event }) => this.#inUse.has(event))
  }

  /** Time of the newest reading of all, good or bad; undefined when there is none. */
  get newest(): Micros | undefined {
    return this.#newest
  }
}
