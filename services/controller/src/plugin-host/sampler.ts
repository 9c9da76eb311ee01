import { type DevicePlugin, type Reading, SENSOR_FAULT } from '@webmacs/plugin-sdk'
import { callDevice, heedsItsSignal } from './device-call.ts'
import { TickSchedule, type Timers } from './tick-schedule.ts'

/** Which channels are read, how often. */
export interface Sampling {
  readonly intervalMs: number
  readonly channels: readonly string[]
}

export interface SamplerEvents {
  /** @param time Micros when the cycle began */
  sampled(time: number, readings: readonly Reading[]): void
  readSucceeded(): void
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

/** Reads a device's channels at each tick, one cycle at a time: a cycle that comes due while one is running is an overrun. */
export class Sampler {
  readonly #options: SamplerOptions
  #sampling: Sampling
  #schedule: TickSchedule | undefined
  #stopping = new AbortController()
  #cycle: Promise<void> | undefined
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
    return this.#sampling.channels.length === 0
  }

  start(): void {
    this.#stopping = new AbortController()
    this.#startSchedule()
  }

  /** Gives up the cycle that is running and resolves. */
  async stop(): Promise<void> {
    this.#schedule?.stop()
    this.#schedule = undefined
    this.#stopping.abort()
    await this.#cycle
  }

  change(sampling: Sampling): void {
    const sameInterval = sampling.intervalMs === this.#sampling.intervalMs
    this.#sampling = sampling
    if (this.#schedule === undefined || sameInterval) return
    this.#schedule.stop()
    this.#startSchedule()
  }

  /** To be called after the clock was set. */
  realign(): void {
    this.#schedule?.realign()
  }

  #startSchedule(): void {
    const { now, timers } = this.#options
    const { intervalMs } = this.#sampling
    this.#schedule = new TickSchedule({ intervalMs, now, timers, onTick: (missed) => this.#tick(missed) })
    this.#schedule.start()
  }

  #tick(missed: number): void {
    if (this.isIdle) return
    this.#overruns += this.#cycle === undefined ? missed : missed + 1
    this.#cycle ??= this.#run(this.#sampling.channels).finally(() => {
      this.#cycle = undefined
    })
  }

  async #run(channels: readonly string[]): Promise<void> {
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
      events.sampled(time, readings)
      events.readSucceeded()
    } catch (err) {
      if (stop.aborted) return
      events.sampled(
        time,
        channels.map((channel) => ({ channel, value: null, quality: SENSOR_FAULT })),
      )
      events.readFailed(err)
      if (!(await heedsItsSignal(call, { timers, stop }))) events.hung()
    }
  }
}
