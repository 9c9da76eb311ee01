import {
  type EventId,
  type Frame,
  formatTime,
  type Micros,
  parseTime,
  type StreamDatapoint,
  type StreamFault,
} from '@webmacs/contracts'

/** What one event shows now. `update` is what is sent; a fault keeps no value. */
export interface LiveReading {
  readonly event: EventId
  readonly time: Micros
  readonly update: { readonly datapoint: StreamDatapoint } | { readonly fault: StreamFault }
}

interface SourceEpochs {
  current: string
  readonly past: Set<string>
}

/** A source restarts rarely; remembering its last few lives is enough to know a latecomer of an earlier one. */
const REMEMBERED_EPOCHS = 8

/**
 * Lets a reading through only if it is newer than what its event shows: a core subscription also sees frames that were sent again.
 * A source that comes back with a new epoch may start behind (its clock was set back): then its first word counts anew.
 */
export class NewestReadings {
  readonly #newest = new Map<EventId, { reading: LiveReading; source: string; epoch: string }>()
  readonly #epochs = new Map<string, SourceEpochs>()

  /** @returns the readings of the frame that are new, in the frame's order; empty when its time is not one */
  accept(frame: Frame): LiveReading[] {
    const time = parseTime(frame.time)
    if (time === undefined) return []
    const isCurrent = this.#isCurrentEpoch(frame)
    const timestamp = formatTime(time)
    const accepted: LiveReading[] = []
    for (const event of Object.keys(frame.values) as EventId[]) {
      const shown = this.#newest.get(event)
      const isAnotherLife =
        shown !== undefined && shown.source === frame.source && shown.epoch !== frame.epoch && isCurrent
      if (shown !== undefined && !isAnotherLife && time <= shown.reading.time) continue
      const reading = toLiveReading(event, time, timestamp, frame)
      this.#newest.set(event, { reading, source: frame.source, epoch: frame.epoch })
      accepted.push(reading)
    }
    return accepted
  }

  /** What the event shows now; undefined before its first reading. */
  of(event: EventId): LiveReading | undefined {
    return this.#newest.get(event)?.reading
  }

  all(): IterableIterator<EventId> {
    return this.#newest.keys()
  }

  #isCurrentEpoch({ source, epoch }: Frame): boolean {
    const epochs = this.#epochs.get(source)
    if (epochs === undefined) {
      this.#epochs.set(source, { current: epoch, past: new Set() })
      return true
    }
    if (epochs.current === epoch) return true
    if (epochs.past.has(epoch)) return false
    epochs.past.add(epochs.current)
    const [oldest] = epochs.past
    if (epochs.past.size > REMEMBERED_EPOCHS && oldest !== undefined) epochs.past.delete(oldest)
    epochs.current = epoch
    return true
  }
}

function toLiveReading(event: EventId, time: Micros, timestamp: string, frame: Frame): LiveReading {
  const value = frame.values[event] ?? null
  const quality = frame.quality?.[event]
  if (value === null) {
    return { event, time, update: { fault: { event_public_id: event, timestamp, quality: quality ?? ['bad'] } } }
  }
  const datapoint = { value, event_public_id: event, timestamp, experiment_public_id: null }
  return { event, time, update: { datapoint: quality === undefined ? datapoint : { ...datapoint, quality } } }
}
