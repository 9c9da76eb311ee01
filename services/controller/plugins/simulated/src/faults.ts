import { type Channel, seededRandom } from '@webmacs/plugin-sdk'
import type { Misbehaviour } from './config.ts'

/** Whether something that begins each `every` seconds and lasts `lasts` is under way. It does not begin at once. */
export function isUnderWay(seconds: number, every: number, lasts: number): boolean {
  return every > 0 && seconds >= every && seconds % every < lasts
}

/** Makes the values of sensors wrong in the ways that are asked for, the same ways again for the same instance. */
export class SensorFaults {
  readonly #settings: Misbehaviour
  readonly #random
  readonly #stuck = new Map<string, number>()
  readonly #spikes = new Map<string, number>()

  constructor(settings: Misbehaviour, instanceName: string) {
    this.#settings = settings
    this.#random = seededRandom(`${instanceName}\u0000faults`)
  }

  /**
   * @param seconds since the first reading
   * @returns undefined: there is no value
   */
  apply({ id, minValue, maxValue }: Channel, value: number, seconds: number): number | undefined {
    const settings = this.#settings
    if (settings.channel !== '' && settings.channel !== id) return value
    if (isUnderWay(seconds, settings.gap_every_seconds, settings.gap_seconds)) return undefined
    const percent = (maxValue - minValue) / 100
    if (settings.stuck_after_seconds > 0 && seconds >= settings.stuck_after_seconds) return this.#stickAt(id, value)
    const drift = settings.drift_percent_per_minute * (seconds / 60)
    const noise = settings.noise_percent > 0 ? settings.noise_percent * this.#random.normal() : 0
    const spike = this.#isSpike(id, seconds) ? settings.spike_percent : 0
    return value + (drift + noise + spike) * percent
  }

  #stickAt(id: string, value: number): number {
    const stuck = this.#stuck.get(id) ?? value
    this.#stuck.set(id, stuck)
    return stuck
  }

  /** One value of each period, however often one looks. */
  #isSpike(id: string, seconds: number): boolean {
    const every = this.#settings.spike_every_seconds
    if (every <= 0) return false
    const period = Math.floor(seconds / every)
    const isNew = period > (this.#spikes.get(id) ?? 0)
    if (isNew) this.#spikes.set(id, period)
    return isNew
  }
}
