import {
  type EventId,
  type ExperimentId,
  type Frame,
  formatTime,
  type Micros,
  nowMicros,
  parseTime,
  type StreamDatapoint,
  type StreamFault,
} from '@webmacs/contracts'

/** What one event shows now. `update` is what is sent; a fault keeps no value. */
export interface LiveReading {
  readonly event: EventId
  readonly time: Micros
  /** What orders readings of different sources: `time`, but never far ahead of our own clock. */
  readonly order: Micros
  readonly update: { readonly datapoint: StreamDatapoint } | { readonly fault: StreamFault }
}

interface SourceEpochs {
  current: string
  readonly past: Set<string>
}

/** A source whose clock is ahead may hide another's readings of the same event for this long, no longer. */
const TOLERATED_LEAD: Micros = 60_000_000
/** A source restarts rarely; remembering its last few lives is enough to know a latecomer of an earlier one. */
const REMEMBERED_EPOCHS = 8

/**
 * Lets a reading through only if it is newer than what its event shows: a core subscription also sees frames that were sent again.
 * A source that comes back with a new epoch may start behind (its clock was set back): then its first word counts anew.
 */
export class NewestReadings {
  readonly #experimentAt: (time: Micros) => ExperimentId | null
  readonly #newest = new Map<EventId, Shown>()
  readonly #epochs = new Map<string, SourceEpochs>()

  /** @param experimentAt which experiment a moment belongs to */
  constructor(experimentAt: (time: Micros) => ExperimentId | null = () => null) {
    this.#experimentAt = experimentAt
  }

  /** @returns the readings of the frame that are new, in the frame's order; empty when its time is not one */
  accept(frame: Frame, now: Micros = nowMicros()): LiveReading[] {
    const time = parseTime(frame.time)
    if (time === undefined) return []
    const isCurrent = this.#isCurrentEpoch(frame)
    const timestamp = formatTime(time)
    const order = Math.min(time, now + TOLERATED_LEAD)
    const experiment = this.#experimentAt(time)
    const accepted: LiveReading[] = []
    for (const event of Object.keys(frame.values) as EventId[]) {
      const shown = this.#newest.get(event)
      if (shown !== undefined && !isNewer({ time, order }, frame, isCurrent, shown)) continue
      const reading = toLiveReading(event, { time, order, timestamp, experiment }, frame)
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

interface Moment {
  readonly time: Micros
  readonly order: Micros
  readonly timestamp: string
  readonly experiment: ExperimentId | null
}

interface Shown {
  readonly reading: LiveReading
  readonly source: string
  readonly epoch: string
}

/** Within one life of a source its own times decide; between sources no clock may run away with the event. */
function isNewer(
  { time, order }: { readonly time: Micros; readonly order: Micros },
  { source, epoch }: Frame,
  isCurrentEpoch: boolean,
  shown: Shown,
): boolean {
  if (source !== shown.source) return order > shown.reading.order
  return epoch === shown.epoch ? time > shown.reading.time : isCurrentEpoch
}

function toLiveReading(event: EventId, { time, order, timestamp, experiment }: Moment, frame: Frame): LiveReading {
  const value = frame.values[event] ?? null
  const quality = frame.quality?.[event]
  if (value === null) {
    return { event, time, order, update: { fault: { event_public_id: event, timestamp, quality: quality ?? ['bad'] } } }
  }
  const datapoint = { value, event_public_id: event, timestamp, experiment_public_id: experiment }
  return { event, time, order, update: { datapoint: quality === undefined ? datapoint : { ...datapoint, quality } } }
}
