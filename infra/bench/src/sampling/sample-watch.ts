import type { Bus } from '@webmacs/bus'
import { type EventId, type Frame, nowMicros, parseTime } from '@webmacs/contracts'

/** What was seen of the cycles in a span. */
export interface SeenCycles {
  /** From the tick of the grid until the driver was called, ms each. */
  readonly readMs: readonly number[]
  /** From the tick of the grid until the frame came here, ms each. */
  readonly arrivedMs: readonly number[]
  readonly readings: number
  /** Ticks of an instance that have a cycle. */
  readonly ticks: number
}

/** Listens to the frames of instances that are read at one interval. */
export class SampleWatch {
  readonly #intervalMicros: number
  readonly #owners: ReadonlyMap<EventId, number>
  #readMs: number[] = []
  #arrivedMs: number[] = []
  #readings = 0
  readonly #ticks = new Set<string>()
  readonly #reporting = new Set<EventId>()

  constructor(bus: Bus, intervalMs: number, owners: ReadonlyMap<EventId, number>) {
    this.#intervalMicros = intervalMs * 1000
    this.#owners = owners
    bus.nc.subscribe(bus.names.subjects.allReadings, {
      callback: (_err, message) => {
        const arrivedAt = nowMicros()
        for (const frame of [message.json<Frame | Frame[]>()].flat()) this.#take(frame, arrivedAt)
      },
    })
  }

  /** Events that have come at least once. */
  get reporting(): number {
    return this.#reporting.size
  }

  /** Forgets what it saw so far. */
  begin(): void {
    this.#readMs = []
    this.#arrivedMs = []
    this.#readings = 0
    this.#ticks.clear()
  }

  seen(): SeenCycles {
    const { size: ticks } = this.#ticks
    return { readMs: this.#readMs, arrivedMs: this.#arrivedMs, readings: this.#readings, ticks }
  }

  #take({ time, values }: Frame, arrivedAt: number): void {
    const events = Object.keys(values) as EventId[] // the keys of a frame are event ids
    const began = parseTime(time)
    const owner = events[0] && this.#owners.get(events[0])
    if (began === undefined || owner === undefined) return
    for (const event of events) this.#reporting.add(event)
    const tick = Math.floor(began / this.#intervalMicros)
    this.#ticks.add(`${owner}:${tick}`)
    this.#readings += events.length
    this.#readMs.push((began - tick * this.#intervalMicros) / 1000)
    this.#arrivedMs.push((arrivedAt - tick * this.#intervalMicros) / 1000)
  }
}
