import type { Channel } from './channel.ts'
import { clamp } from './conversion.ts'
import { type RandomSource, seededRandom } from './random.ts'

export const SIMULATION_PROFILES = ['sine_wave', 'sawtooth', 'random_walk', 'step', 'constant'] as const
export type SimulationProfile = (typeof SIMULATION_PROFILES)[number]

/** The signal that a channel shows in demo mode, in its engineering unit. */
export interface Simulation {
  readonly profile: SimulationProfile
  /** Middle of the signal. */
  readonly base: number
  /** Distance from the middle to the extremes, ≥ 0. */
  readonly amplitude: number
  /** Seconds, ≥ 1. */
  readonly periodSeconds: number
  /** Standard deviation of what is added to each reading, ≥ 0. */
  readonly noise: number
}

export const DEFAULT_SIMULATION: Simulation = Object.freeze({
  profile: 'sine_wave',
  base: 0,
  amplitude: 1,
  periodSeconds: 60,
  noise: 0,
})

/** Share of the amplitude that a walk moves in one second (standard deviation). */
const WALK_PER_SECOND = 0.05
/** A walk that was not looked at for longer goes on as if it were only this long. */
const MAX_WALK_SECONDS = 60

/** One channel's demo signal. The same seed and the same moments give the same values. */
export class ChannelSimulation {
  readonly #channel: Channel
  readonly #random: RandomSource
  #walk: { at: number; value: number }

  constructor(channel: Channel, instanceName: string) {
    this.#channel = channel
    this.#random = seededRandom(`${instanceName}\u0000${channel.id}`)
    this.#walk = { at: 0, value: channel.simulation.base }
  }

  /** @param seconds since the first simulated read of the instance */
  valueAt(seconds: number): number {
    const { minValue, maxValue, simulation, dataType } = this.#channel
    const noise = simulation.noise > 0 ? simulation.noise * this.#random.normal() : 0
    const value = clamp(this.#signal(simulation, seconds) + noise, minValue, maxValue)
    return dataType === 'float' ? Math.round(value * 1000) / 1000 : Math.round(value)
  }

  #signal({ profile, base, amplitude, periodSeconds }: Simulation, seconds: number): number {
    switch (profile) {
      case 'sawtooth':
        return base - amplitude + 2 * amplitude * ((seconds % periodSeconds) / periodSeconds)
      case 'random_walk':
        return this.#walkTo(seconds, base, amplitude)
      case 'step':
        return Math.floor(seconds / periodSeconds) % 2 === 0 ? base - amplitude : base + amplitude
      case 'constant':
        return base
      default:
        return base + amplitude * Math.sin((2 * Math.PI * seconds) / periodSeconds)
    }
  }

  /** Brownian motion between the extremes; the distance walked depends on the time passed, not on how often one looks. */
  #walkTo(seconds: number, base: number, amplitude: number): number {
    const elapsed = clamp(seconds - this.#walk.at, 0, MAX_WALK_SECONDS)
    const stride = WALK_PER_SECOND * amplitude * Math.sqrt(elapsed) * this.#random.normal()
    this.#walk = { at: seconds, value: reflect(this.#walk.value + stride, base - amplitude, base + amplitude) }
    return this.#walk.value
  }
}

/** What goes past an end comes back from it. */
function reflect(value: number, low: number, high: number): number {
  if (value < low) return Math.min(low + (low - value), high)
  if (value > high) return Math.max(high - (value - high), low)
  return value
}
