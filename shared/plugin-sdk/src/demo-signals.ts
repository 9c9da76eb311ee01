import type { Channel } from './channel.ts'
import type { Clock } from './clock.ts'
import { clamp } from './conversion.ts'
import { ChannelSimulation } from './simulation.ts'

/** The demo signals of one instance. Time runs from the first reading on. */
export class DemoSignals {
  readonly #instanceName: string
  readonly #clock: Clock
  readonly #simulations = new Map<string, ChannelSimulation>()
  #startedMs: number | undefined

  constructor(instanceName: string, clock: Clock) {
    this.#instanceName = instanceName
    this.#clock = clock
  }

  /** Seconds since the first call. */
  elapsedSeconds(): number {
    const nowMs = this.#clock.monotonicMs()
    this.#startedMs ??= nowMs
    return (nowMs - this.#startedMs) / 1000
  }

  /** In the engineering unit. An output that nobody set rests at its safe value, or as near to 0 as its range allows. */
  valueOf(channel: Channel, seconds: number): number {
    if (channel.direction === 'output') return channel.safeValue ?? clamp(0, channel.minValue, channel.maxValue)
    let simulation = this.#simulations.get(channel.id)
    if (simulation === undefined) {
      simulation = new ChannelSimulation(channel, this.#instanceName)
      this.#simulations.set(channel.id, simulation)
    }
    return simulation.valueAt(seconds)
  }
}
