import { type DevicePlugin, hasPluginErrorCode, type PluginLog, type Reading } from '@webmacs/plugin-sdk'
import type { PlannedChannel } from './channel-plans.ts'
import type { DeviceDeadlines, SampleMessage, ValuesMessage } from './messages.ts'
import { Recorder } from './recorder.ts'
import { SamplePacker } from './sample-packer.ts'
import { Sampler, type Sampling } from './sampler.ts'
import { NEVER, type Timers, wait } from './timers.ts'

export interface DeviceSamplingEvents {
  /** @param allWell no other channels failed when they were read last */
  readSucceeded(allWell: boolean): void
  readFailed(err: unknown): void
  lost(err: unknown): void
}

export interface DeviceSamplingOptions {
  readonly device: Pick<DevicePlugin<unknown>, 'demoMode' | 'read'>
  readonly planned: ReadonlyMap<string, PlannedChannel>
  readonly deadlines: DeviceDeadlines
  /** Micros. */
  readonly now: () => number
  readonly timers: Timers
  readonly log: PluginLog
  readonly send: (message: SampleMessage) => void
  readonly hung: () => void
  readonly events: DeviceSamplingEvents
}

/** Unmapped channels are read this often while somebody looks. */
const LOOK_INTERVAL_MS = 1000
/** Nobody looks any more when nobody asked for so long. */
const LOOK_LASTS_MS = 10_000
/** A look is answered within a second. */
const LOOK_PATIENCE_MS = 900
const SILENCE_CHECK_MS = 500

/** Everything that is learned from a device: mapped channels always, each at its interval, the others while somebody looks. */
export class DeviceSampling {
  readonly #options: DeviceSamplingOptions
  readonly #recorder: Recorder
  readonly #packer: SamplePacker
  readonly #sampler: Sampler
  /** Apart from the other: an unmapped channel that cannot be read must not spoil those that matter. */
  readonly #lookSampler: Sampler
  #started = false
  #endLook: (() => void) | undefined
  #cancelSilenceCheck: (() => void) | undefined

  constructor(options: DeviceSamplingOptions) {
    this.#options = options
    const { device, planned, deadlines, now, timers, log, send, hung, events } = options
    this.#packer = new SamplePacker({
      timers,
      send,
      overflowed: (readings) =>
        log.warn({ event: 'device.overflow', readings }, 'readings come too fast, some are lost'),
    })
    this.#recorder = new Recorder({ demoMode: device.demoMode, now, packer: this.#packer }, planned)
    const common = { device, readDeadlineMs: deadlines.readMs, now, timers }
    const sampled = (time: number, readings: readonly Reading[]): void => this.#recorder.read(time, readings)
    const { readSucceeded, readFailed } = events
    this.#sampler = new Sampler({
      ...common,
      sampling: this.#mapped(planned),
      events: { sampled, readSucceeded, readFailed, hung },
    })
    this.#lookSampler = new Sampler({
      ...common,
      sampling: this.#unmapped(planned),
      events: {
        ...{ sampled, hung, readSucceeded: () => undefined },
        readFailed: (err) => {
          if (hasPluginErrorCode(err, 'connection')) events.lost(err)
        },
      },
    })
  }

  get counters() {
    return this.#sampler.counters
  }

  /** Whether nothing is read regularly. */
  get isIdle(): boolean {
    return this.#sampler.isIdle
  }

  start(): void {
    this.#started = true
    this.#recorder.expect()
    this.#sampler.start()
    if (this.#endLook !== undefined) this.#lookSampler.start()
    this.#checkSilenceLater()
  }

  /** Gives up the reads that are under way, and resolves. */
  async stop(): Promise<void> {
    this.#started = false
    this.#cancelSilenceCheck?.()
    await Promise.all([this.#sampler.stop(), this.#lookSampler.stop()])
  }

  change(planned: ReadonlyMap<string, PlannedChannel>): void {
    this.#recorder.change(planned)
    this.#sampler.change(this.#mapped(planned))
    this.#lookSampler.change(this.#unmapped(planned))
  }

  /** To be called after the clock was set. */
  realign(): void {
    this.#recorder.realign()
    this.#sampler.realign()
    this.#lookSampler.realign()
  }

  /** What the device sent by itself, or what it was given: news in any case. */
  take(readings: readonly Reading[], ageMs: number): void {
    this.#recorder.take(readings, ageMs)
  }

  /** What was read apart from the regular cycles, at this time. */
  read(time: number, readings: readonly Reading[]): void {
    this.#recorder.read(time, readings)
  }

  /** Value that a channel has had since the time; undefined: it said nothing since. */
  valueSince(channel: string, time: number): number | undefined {
    return this.#recorder.valueSince(channel, time)
  }

  /** The device is gone: nothing that it said stands. */
  noteLoss(): void {
    this.#recorder.noteLoss()
  }

  /** Lets nothing wait any more: the process may end. */
  flush(): void {
    this.#packer.flush()
  }

  /** What all channels show. The first look waits for those that nobody read so far, but not for long. */
  async look(): Promise<ValuesMessage['values']> {
    const isFirst = this.#endLook === undefined
    this.#endLook?.()
    this.#endLook = this.#options.timers.after(LOOK_LASTS_MS, () => {
      this.#endLook = undefined
      void this.#lookSampler.stop()
    })
    if (isFirst && this.#started) {
      this.#lookSampler.start()
      await Promise.race([this.#lookSampler.readNow(), wait(LOOK_PATIENCE_MS, this.#options.timers, NEVER)])
    }
    return this.#recorder.values()
  }

  #mapped(planned: ReadonlyMap<string, PlannedChannel>): Sampling {
    const mapped = [...planned.values()].filter((plan) => plan.isMapped && this.#isRead(plan))
    const groups = Map.groupBy(mapped, ({ intervalMs }) => intervalMs)
    return new Map([...groups].map(([intervalMs, plans]) => [intervalMs, plans.map(({ channel }) => channel.id)]))
  }

  #unmapped(planned: ReadonlyMap<string, PlannedChannel>): Sampling {
    const ids = [...planned.values()].flatMap((plan) => (!plan.isMapped && this.#isRead(plan) ? [plan.channel.id] : []))
    return ids.length === 0 ? new Map() : new Map([[LOOK_INTERVAL_MS, ids]])
  }

  /** A simulated device sends nothing by itself. */
  #isRead({ channel }: PlannedChannel): boolean {
    return !channel.pushed || this.#options.device.demoMode
  }

  #checkSilenceLater(): void {
    this.#cancelSilenceCheck?.()
    this.#cancelSilenceCheck = this.#options.timers.after(SILENCE_CHECK_MS, () => {
      this.#recorder.noteSilence()
      this.#checkSilenceLater()
    })
  }
}
