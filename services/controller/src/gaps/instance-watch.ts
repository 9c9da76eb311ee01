import type { DatabaseSync } from 'node:sqlite'
import {
  type DesiredInstance,
  type EventId,
  type GapReason,
  type InstanceId,
  type Micros,
  parseTime,
} from '@webmacs/contracts'
import type { Gap } from './gap-book.ts'

/** What a frame says about its instance. */
export interface Seen {
  readonly instance: InstanceId
  readonly time: Micros
  /** That the frame has. */
  readonly events: readonly EventId[]
  /** Whether any of its values is one; a device that is away gives frames without. */
  readonly isGood: boolean
}

export interface InstanceWatchOptions {
  /** How often the instance is read, microseconds; undefined: not known. */
  readonly intervalOf: (instance: InstanceId) => Micros | undefined
  readonly onGap: (gap: Gap) => void
}

interface State {
  /** That it read since it began. */
  events: Set<EventId>
  /** Time of the last frame with values. */
  last: Micros
  /** Why nothing comes any more; undefined while it does. */
  reason: GapReason | undefined
}

/** A break that is not longer than this many intervals misses no reading. */
const UNNOTICED_INTERVALS = 1.5
/** Instances that were removed are remembered too, for the events that others read later. */
const MAX_INSTANCES = 1000

/**
 * Finds the times in which instances gave no readings, and why: from the last frame with values to the next one. Survives the controller:
 * what it finds at its start was ended by the end of the controller, if by nothing before.
 */
export class InstanceWatch {
  readonly #options: InstanceWatchOptions
  readonly #states = new Map<InstanceId, State>()
  readonly #changed = new Set<InstanceId>()
  #isClosing = false

  constructor(options: InstanceWatchOptions) {
    this.#options = options
  }

  see({ instance, time, events, isGood }: Seen): void {
    const state = this.#states.get(instance)
    if (!isGood) this.#breakOff(instance, 'driver_down')
    else if (state === undefined) {
      this.#takeOver(events, time)
      this.#states.set(instance, { events: new Set(events), last: time, reason: undefined })
      this.#changed.add(instance)
      this.#forgetOldest()
    } else {
      if (state.reason !== undefined) this.#resume(instance, state, time)
      for (const event of events) state.events.add(event)
      state.last = Math.max(state.last, time)
      this.#changed.add(instance)
    }
  }

  /** Its process is gone. */
  ended(instance: InstanceId): void {
    this.#breakOff(instance, 'driver_down')
  }

  /** What is wanted of an instance. @param desired undefined: it is removed */
  wanted(instance: string, desired: Pick<DesiredInstance, 'enabled'> | undefined): void {
    if (desired?.enabled !== true) this.#breakOff(instance as InstanceId, 'stopped') // its id, as it was wanted
  }

  /** Those that are not wanted any more were removed while nobody listened. */
  keepOnly(wanted: ReadonlySet<string>): void {
    for (const instance of this.#states.keys()) if (!wanted.has(instance)) this.#breakOff(instance, 'stopped')
  }

  /** What ends from now on ends because the controller does. */
  closing(): void {
    this.#isClosing = true
  }

  /** Reads what the controller before knew, and from the frames what it had not written down. */
  load(db: DatabaseSync): void {
    for (const row of db.prepare('SELECT instance, state FROM instances').all()) {
      const { events, last, reason } = JSON.parse(String(row.state)) as KeptState // as `save` wrote it
      const state = { events: new Set(events), last, reason: reason ?? 'controller_down' }
      this.#states.set(String(row.instance) as InstanceId, state) // the same
    }
    const since = db
      .prepare(
        `SELECT instance, body FROM frames WHERE ordinal > coalesce((SELECT max(noted) FROM instances), 0) ORDER BY ordinal`,
      )
      .iterate()
    for (const { instance, body } of since) {
      const { time, values } = JSON.parse(String(body)) as { time: string; values: Record<EventId, number | null> } // our own frame
      if (Object.values(values).every((value) => value === null)) continue
      const id = String(instance) as InstanceId // as the frame came in
      const known = this.#states.get(id)
      const events = known?.events ?? new Set()
      for (const event of Object.keys(values)) events.add(event as EventId) // of our own frame
      const last = Math.max(known?.last ?? 0, parseTime(time) ?? 0)
      this.#states.set(id, { events, last, reason: 'controller_down' })
    }
  }

  /** Writes what changed. May throw SQLite's errors; what was not written is written next time. @param noted the newest frame that was seen */
  save(db: DatabaseSync, noted: number): void {
    const keep = db.prepare('INSERT OR REPLACE INTO instances (instance, state, noted) VALUES (?, ?, ?)')
    for (const instance of this.#changed) {
      const state = this.#states.get(instance)
      if (state === undefined) db.prepare('DELETE FROM instances WHERE instance = ?').run(instance)
      else keep.run(instance, JSON.stringify({ ...state, events: [...state.events] } satisfies KeptState), noted)
    }
    this.#changed.clear()
  }

  #breakOff(instance: InstanceId, reason: GapReason): void {
    const state = this.#states.get(instance)
    if (state === undefined || this.#isClosing) return
    if (state.reason !== undefined && reason !== 'stopped') return
    state.reason = reason
    this.#changed.add(instance)
  }

  /** It gives readings again. */
  #resume(instance: InstanceId, state: State, time: Micros): void {
    this.#tell(instance, state, [...state.events], time)
    state.reason = undefined
    state.events.clear()
  }

  /** Events that this instance reads now, and another one read that is gone. */
  #takeOver(events: readonly EventId[], time: Micros): void {
    for (const [instance, state] of this.#states) {
      const shared = state.reason === undefined ? [] : events.filter((event) => state.events.delete(event))
      if (shared.length === 0) continue
      this.#tell(instance, state, shared, time)
      this.#changed.add(instance)
    }
  }

  #tell(instance: InstanceId, { reason, last }: State, events: readonly EventId[], time: Micros): void {
    const interval = this.#options.intervalOf(instance) ?? 0
    if (reason === undefined || events.length === 0 || time - last <= UNNOTICED_INTERVALS * interval) return
    this.#options.onGap({ reason, from: last, to: time, instance, events, frames: null })
  }

  #forgetOldest(): void {
    const [oldest] = this.#states.keys()
    if (this.#states.size <= MAX_INSTANCES || oldest === undefined) return
    this.#states.delete(oldest)
    this.#changed.add(oldest)
  }
}

/** A state as it lies in the file. */
interface KeptState extends Omit<State, 'events'> {
  readonly events: readonly EventId[]
}
