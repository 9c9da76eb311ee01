import { type DevicePlugin, type Reading, SENSOR_FAULT } from '@webmacs/plugin-sdk'
import { callDevice, heedsItsSignal } from './device-call.ts'
import { type Tick, TickSchedule } from './tick-schedule.ts'
import type { Timers } from './timers.ts'

/** Which channels are read how often: interval in milliseconds → channels. */
export type Sampling = ReadonlyMap<number, readonly string[]>

export interface SamplerEvents {
  /** @param time Micros when the cycle began */
  sampled(time: number, readings: readonly Reading[]): void
  /** @param allWell no other channels failed when they were read last */
  readSucceeded(allWell: boolean): void
  /** All channels of the cycle were given out as bad. */
  readFailed(err: unknown): void
  /** The driver neither answers nor heeds its AbortSignal. */
  hung(): void
}

export interface SamplerOptions {
  readonly device: Pick<DevicePlugin<unknown>, 'read'>
  readonly sampling: Sampling
  readonly readDeadlineMs: number
  /** Micros. */
  readonly now: () => number
  readonly timers: Timers
  readonly events: SamplerEvents
}

/**
 * Reads a device's channels, each group at the ticks of its interval; groups that are due together are read in one call. Of each group one
 * cycle at a time: a tick that comes while it is being read is an overrun.
 */
export class Sampler {
  readonly #options: SamplerOptions
  #sampling: Sampling
  #schedule: TickSchedule | undefined
  #stopping = new AbortController()
  /** Intervals whose channels are being read. */
  readonly #busy = new Set<number>()
  readonly #failing = new Set<number>()
  readonly #cycles = new Set<Promise<void>>()
  #samples = 0
  #overruns = 0

  constructor(options: SamplerOptions) {
    this.#options = options
    this.#sampling = options.sampling
  }

  /** Totals since the sampler was made. */
  get counters(): { readonly samples: number; readonly overruns: number } {
    return { samples: this.#samples, overruns: this.#overruns }
  }

  /** Whether there is anything to read. */
  get isIdle(): boolean {
    return this.#sampling.size === 0
  }

  start(): void {
    this.#stopping = new AbortController()
    this.#failing.clear()
    this.#startSchedule()
  }

  /** Gives up the cycles that are running and resolves. */
  async stop(): Promise<void> {
    this.#schedule?.stop()
    this.#schedule = undefined
    this.#stopping.abort()
    await Promise.all(this.#cycles)
  }

  change(sampling: Sampling): void {
    const intervals = (of: Sampling): string => [...of.keys()].sort((a, b) => a - b).join()
    const sameIntervals = intervals(sampling) === intervals(this.#sampling)
    this.#sampling = sampling
    for (const interval of this.#failing) if (!sampling.has(interval)) this.#failing.delete(interval)
    if (this.#schedule === undefined || sameIntervals) return
    this.#schedule.stop()
    this.#startSchedule()
  }

  /** To be called after the clock was set. */
  realign(): void {
    this.#schedule?.realign()
  }

  /** Reads all channels once, now. Resolves when it is done, well or not. */
  async readNow(): Promise<void> {
    if (!this.#stopping.signal.aborted) await this.#begin([...this.#sampling.keys()])
  }

  #startSchedule(): void {
    const { now, timers } = this.#options
    const intervalsMs = [...this.#sampling.keys()]
    this.#schedule = new TickSchedule({ intervalsMs, now, timers, onTick: (ticks) => this.#tick(ticks) })
    this.#schedule.start()
  }

  #tick(ticks: readonly Tick[]): void {
    const due = ticks.filter(({ intervalMs }) => !this.#busy.has(intervalMs))
    const missed = ticks.reduce((sum, tick) => sum + tick.missed, 0)
    this.#overruns += missed + ticks.length - due.length
    void this.#begin(due.map(({ intervalMs }) => intervalMs))
  }

  async #begin(intervals: readonly number[]): Promise<void> {
    const channels = intervals.flatMap((interval) => this.#sampling.get(interval) ?? [])
    if (channels.length === 0) return
    for (const interval of intervals) this.#busy.add(interval)
    const cycle = this.#run(channels, intervals).finally(() => {
      this.#cycles.delete(cycle)
      for (const interval of intervals) this.#busy.delete(interval)
    })
    this.#cycles.add(cycle)
    await cycle
  }

  async #run(channels: readonly string[], intervals: readonly number[]): Promise<void> {
    const { device, events, now, timers, readDeadlineMs } = this.#options
    const stop = this.#stopping.signal
    const time = now()
    const call = callDevice((signal) => device.read(channels, signal), {
      what: 'read',
      deadlineMs: readDeadlineMs,
      timers,
      stop,
    })
    try {
      const readings = await call.outcome
      this.#samples += 1
      for (const interval of intervals) this.#failing.delete(interval)
      events.sampled(time, readings)
      events.readSucceeded(this.#failing.size === 0)
    } catch (err) {
      if (stop.aborted) return
      for (const interval of intervals) this.#failing.add(interval)
      events.sampled(
        time,
        channels.map((channel) => ({ channel, value: null, quality: SENSOR_FAULT })),
      )
      events.readFailed(err)
      if (!(await heedsItsSignal(call, { timers, stop }))) events.hung()
    }
  }
}
