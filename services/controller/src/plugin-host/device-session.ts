import type { ChannelDescription } from '@webmacs/contracts'
import { type Channel, ConnectionError, type DevicePlugin, type PluginLog } from '@webmacs/plugin-sdk'
import type { BackOff } from '../back-off.ts'
import { errorText } from '../error-text.ts'
import { callDevice, heedsItsSignal } from './device-call.ts'
import type { DeviceDeadlines, InstancePlan, SampleMessage, StateMessage } from './messages.ts'
import { Sampler, type Sampling } from './sampler.ts'
import type { Timers } from './tick-schedule.ts'

export interface DeviceSessionOptions {
  readonly device: DevicePlugin<unknown>
  readonly plan: InstancePlan
  readonly deadlines: DeviceDeadlines
  readonly backOff: BackOff
  /** Micros. */
  readonly now: () => number
  readonly timers: Timers
  readonly log: PluginLog
  readonly send: (message: StateMessage | SampleMessage) => void
  /** The driver heeds nothing any more; its process has to go. */
  readonly hung: () => void
}

/** After so many failed cycles in a row the device is connected anew. */
const FAILURES_UNTIL_RECONNECT = 5

/** One device for as long as its process lives: connects, samples, and connects anew whenever the device was lost, for ever. */
export class DeviceSession {
  readonly #options: DeviceSessionOptions
  readonly #sampler: Sampler
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined
  #failures = 0
  /** What the session waits for at the moment: the loss of the device, or the end of a pause. */
  #waiting = Promise.withResolvers<unknown>()
  #told: string | undefined

  constructor(options: DeviceSessionOptions) {
    this.#options = options
    const { device, plan, deadlines, now, timers, send, hung } = options
    this.#sampler = new Sampler({
      device,
      sampling: this.#known(plan),
      readDeadlineMs: deadlines.readMs,
      now,
      timers,
      events: {
        sampled: (time, readings) =>
          send({
            type: 'sample',
            instants: [{ time, readings: readings.map((one) => ({ ...one, quality: [...one.quality] })) }],
          }),
        readSucceeded: () => this.#works(),
        readFailed: (err) => this.#readFailed(err),
        hung,
      },
    })
  }

  get counters() {
    return this.#sampler.counters
  }

  start(): void {
    this.#running = this.#run()
  }

  change(plan: InstancePlan): void {
    this.#sampler.change(this.#known(plan))
  }

  /** To be called after the clock was set. */
  realign(): void {
    this.#sampler.realign()
  }

  /** Outputs to their safe values, then disconnects; never longer than the deadline for it. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#waiting.resolve(undefined)
    await this.#running
  }

  async #run(): Promise<void> {
    const { backOff, log } = this.#options
    const stop = this.#stopping.signal
    this.#tell('connecting', null)
    while (!stop.aborted) {
      const reason = await this.#connectAndSample()
      await this.#disconnect()
      if (stop.aborted) return
      const waitMs = backOff.nextMs()
      log.warn({ event: 'device.lost', err: reason, waitMs }, 'device is away, connecting again')
      await this.#pause(waitMs)
    }
  }

  /** @returns why the device is not sampled any more; undefined when the session was stopped */
  async #connectAndSample(): Promise<unknown> {
    const { device, deadlines, timers } = this.#options
    const stop = this.#stopping.signal
    const call = callDevice((signal) => device.connect(signal), {
      what: 'connect',
      deadlineMs: deadlines.connectMs,
      timers,
      stop,
    })
    try {
      await call.outcome
    } catch (err) {
      if (stop.aborted) return undefined
      this.#tell('error', errorText(err))
      if (!(await heedsItsSignal(call, { timers, stop }))) this.#options.hung()
      return err
    }
    // A device that connects but could not be read has to be read before it counts as connected again.
    if (this.#failures === 0 || this.#sampler.isIdle) this.#works()
    return this.#sample()
  }

  async #sample(): Promise<unknown> {
    this.#failures = 0
    this.#waiting = Promise.withResolvers()
    if (this.#stopping.signal.aborted) return undefined
    this.#sampler.start()
    const reason = await this.#waiting.promise
    await this.#sampler.stop()
    return reason
  }

  #works(): void {
    this.#failures = 0
    this.#options.backOff.reset()
    this.#tell('connected', null)
  }

  #readFailed(err: unknown): void {
    this.#failures += 1
    this.#tell('error', errorText(err))
    this.#options.log.warn({ event: 'device.read-failed', err }, 'device cannot be read')
    if (err instanceof ConnectionError || this.#failures >= FAILURES_UNTIL_RECONNECT) this.#waiting.resolve(err)
  }

  async #disconnect(): Promise<void> {
    const { device, deadlines, timers, log } = this.#options
    const call = callDevice((signal) => device.disconnect(signal), {
      what: 'disconnect',
      deadlineMs: deadlines.stopMs,
      timers,
    })
    try {
      await call.outcome
    } catch (err) {
      log.error({ event: 'device.disconnect-failed', err }, 'device was not disconnected in time')
      if (!(await heedsItsSignal(call, { timers, stop: this.#stopping.signal }))) this.#options.hung()
    }
  }

  async #pause(milliseconds: number): Promise<void> {
    this.#waiting = Promise.withResolvers()
    const { promise, resolve } = this.#waiting
    if (this.#stopping.signal.aborted) return
    const cancel = this.#options.timers.after(milliseconds, () => resolve(undefined))
    await promise
    cancel()
  }

  /** A mapping to a channel that the device does not have must not keep the others from being read. */
  #known({ intervalMs, channels: planned }: InstancePlan): Sampling {
    const channels = planned.filter(({ isMapped }) => isMapped).map(({ channel }) => channel)
    const { device, log } = this.#options
    const existing = new Set(device.channels.map(({ id }) => id))
    const unknown = channels.filter((id) => !existing.has(id))
    if (unknown.length > 0)
      log.warn(
        { event: 'device.mapped-channel-unknown', channels: unknown.slice(0, 5), count: unknown.length },
        'no such channel',
      )
    return { intervalMs, channels: [...new Set(channels)].filter((id) => existing.has(id)) }
  }

  /** Says how the connection is, when it changed. */
  #tell(state: StateMessage['state'], message: string | null): void {
    const told = `${state} ${message}`
    if (told === this.#told) return
    this.#told = told
    const { device, send } = this.#options
    send({ type: 'state', state, demo: device.demoMode, message, channels: device.channels.map(describeChannel) })
  }
}

/** A channel as the rest of the system knows it. */
export function describeChannel(channel: Channel): ChannelDescription {
  const { id, name, direction, unit, minValue, maxValue, dataType, safeValue = null, readback } = channel
  return {
    ...{ id, name, direction, unit, readback },
    min_value: minValue,
    max_value: maxValue,
    data_type: dataType,
    safe_value: safeValue,
  }
}
