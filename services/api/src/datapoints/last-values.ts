import {
  type Change,
  type DatapointKey,
  type EventId,
  type Micros,
  nowMicros,
  type QualityBits,
} from '@webmacs/contracts'

export interface LastValue {
  readonly event: EventId
  readonly time: Micros
  readonly value: number
  readonly quality: QualityBits
}

/** Events that were made (true) and retired (false) since somebody began to note it. */
export type EventNotes = Map<EventId, boolean>

/**
 * The newest value of each event, whatever order readings come in. Holds those of unknown events too, because a reading may come before the
 * news that its event was made, but shows only those of events that are in use.
 */
export class LastValues {
  readonly #values = new Map<EventId, LastValue>()
  #inUse = new Set<EventId>()
  #newest: Micros | undefined
  #deletions = 0
  readonly #notebooks = new Set<EventNotes>()
  readonly #listeners = new Set<(event: EventId) => void>()

  /** A time that lies far ahead is the mistake of a clock or a sender: it hides no value of now, and makes room for the next. */
  note(value: LastValue, now: Micros = nowMicros()): void {
    this.noteTime(value.time, now)
    const known = this.#values.get(value.event)
    if (known !== undefined && !isNewer(value.time, known.time, now)) return
    this.#values.set(value.event, value)
    if (known?.value !== value.value) for (const listener of this.#listeners) listener(value.event)
  }

  /** A reading without a value is no last value, but a sign of life. */
  noteTime(time: Micros, now: Micros = nowMicros()): void {
    if (isFarAhead(time, now)) return
    if (this.#newest === undefined || time > this.#newest) this.#newest = time
  }

  /** Notes which events are made and retired from now on, for who reads the others meanwhile; end it with `stopNoting`. */
  noteEvents(): EventNotes {
    const notes: EventNotes = new Map()
    this.#notebooks.add(notes)
    return notes
  }

  stopNoting(notes: EventNotes): void {
    this.#notebooks.delete(notes)
  }

  /**
   * All events in use; values of others are forgotten.
   * @param meanwhile what was told since they began to be read: it is newer
   */
  setEvents(events: Iterable<EventId>, meanwhile: EventNotes = new Map()): void {
    this.#inUse = new Set(events)
    for (const [event, isMade] of meanwhile) {
      if (isMade) this.#inUse.add(event)
      else this.#inUse.delete(event)
    }
    for (const event of this.#values.keys()) if (!this.#inUse.has(event)) this.#values.delete(event)
  }

  /** Follows events that are made and retired; other changes mean nothing here. */
  noteChange({ entity, verb, id }: Pick<Change, 'entity' | 'verb' | 'id'>): void {
    if (entity !== 'event' || (verb !== 'created' && verb !== 'retired')) return
    const event = id as EventId // the entity says that it is one
    const isMade = verb === 'created'
    for (const notes of this.#notebooks) notes.set(event, isMade)
    if (isMade) this.#inUse.add(event)
    else {
      this.#inUse.delete(event)
      this.#values.delete(event)
    }
  }

  /** Whether this is the newest of its event that is known: it may not be stored yet. */
  holds({ event, time }: DatapointKey): boolean {
    return this.#values.get(event)?.time === time
  }

  /** Calls the listener with each event whose newest value becomes another one. */
  onChange(listener: (event: EventId) => void): void {
    this.#listeners.add(listener)
  }

  /** undefined: none is known. */
  of(event: EventId): LastValue | undefined {
    return this.#values.get(event)
  }

  /** Time of the newest value of an event; undefined when it has none. */
  timeOf(event: EventId): Micros | undefined {
    return this.#values.get(event)?.time
  }

  /** Forgets a datapoint that was deleted; where it was its event's newest, another one is to be found. */
  forget({ event, time }: DatapointKey): void {
    this.#deletions += 1
    if (this.#values.get(event)?.time === time) this.#values.delete(event)
  }

  /** Forgets what was deleted in a stretch of time, `[from, to)`: of some events, or of all. */
  forgetRange(events: readonly EventId[] | null, from: Micros, to: Micros): void {
    this.#deletions += 1
    for (const event of events ?? [...this.#values.keys()]) {
      const time = this.#values.get(event)?.time
      if (time !== undefined && time >= from && time < to) this.#values.delete(event)
    }
  }

  /** How often datapoints were deleted: who reads values while it rises may have read one of those. */
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

/** Clocks differ by seconds; what lies further ahead is no reading of now. */
export const FAR_AHEAD: Micros = 60_000_000

const isFarAhead = (time: Micros, now: Micros): boolean => time > now + FAR_AHEAD

function isNewer(time: Micros, known: Micros, now: Micros): boolean {
  if (isFarAhead(known, now) !== isFarAhead(time, now)) return isFarAhead(known, now)
  return time > known
}
