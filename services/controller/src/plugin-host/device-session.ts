import type { ChannelDescription } from '@webmacs/contracts'
import { type Channel, type DevicePlugin, hasPluginErrorCode, type PluginLog } from '@webmacs/plugin-sdk'
import type { BackOff } from '../back-off.ts'
import { errorText } from '../error-text.ts'
import { type PlannedChannel, planChannels } from './channel-plans.ts'
import { callDevice, heedsItsSignal } from './device-call.ts'
import { DeviceSampling } from './device-sampling.ts'
import type {
  DeviceDeadlines,
  InstancePlan,
  LookRequest,
  OutputMessage,
  SafeRequest,
  SampleMessage,
  StateMessage,
  WriteRequest,
} from './messages.ts'
import { Outputs } from './outputs.ts'
import { type Timers, wait } from './timers.ts'
import { WatchdogFeeder } from './watchdog-feeder.ts'

export interface DeviceSessionOptions {
  readonly device: DevicePlugin<unknown>
  readonly plan: InstancePlan
  readonly deadlines: DeviceDeadlines
  /** Channel → the setpoint that was confirmed last. */
  readonly setpoints: Readonly<Record<string, number>>
  readonly backOff: BackOff
  /** Micros. */
  readonly now: () => number
  readonly timers: Timers
  readonly log: PluginLog
  readonly send: (message: StateMessage | SampleMessage | OutputMessage) => void
  /** The driver heeds nothing any more; its process has to go. */
  readonly hung: () => void
}

/** After so many failed cycles in a row the device is connected anew. */
const FAILURES_UNTIL_RECONNECT = 5
/** Of the time for safe values and disconnect together. */
const SHARE_FOR_SAFETY = 0.75
const MIN_DISCONNECT_MS = 100

/**
 * One device for as long as its process lives: connects, brings its outputs to what their policies say, samples and writes, and connects
 * anew whenever the device was lost, for ever.
 */
export class DeviceSession {
  readonly #options: DeviceSessionOptions
  readonly #sampling: DeviceSampling
  readonly #outputs: Outputs
  readonly #feeder: WatchdogFeeder
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined
  #failures = 0
  /** Resolves with the reason when the device is lost; a new one for each connection. */
  #loss = Promise.withResolvers<unknown>()
  #told: string | undefined

  constructor(options: DeviceSessionOptions) {
    this.#options = options
    const { device, plan } = options
    const planned = this.#known(plan)
    const lost = (err: unknown): void => this.#loss.resolve(err)
    this.#sampling = new DeviceSampling({
      ...options,
      planned,
      events: {
        readSucceeded: (allWell) => {
          this.#failures = 0
          if (allWell) this.#works()
        },
        readFailed: (err) => this.#readFailed(err),
        lost,
      },
    })
    const sampling = this.#sampling
    this.#outputs = new Outputs(
      {
        ...options,
        lost,
        wrote: (reading) => sampling.take([reading], 0),
        read: (reading, time) => sampling.read(time, [reading]),
        valueSince: (channel, time) => sampling.valueSince(channel, time),
      },
      planned,
    )
    this.#feeder = new WatchdogFeeder({ ...options, mayFeed: () => this.#outputs.mayFeedWatchdog(), lost })
    device.listen({ pushed: (readings, ageMs) => this.#sampling.take(readings, ageMs), lost })
  }

  get counters() {
    return this.#sampling.counters
  }

  start(): void {
    this.#running = this.#run()
  }

  change(plan: InstancePlan): void {
    const planned = this.#known(plan)
    this.#outputs.change(planned)
    this.#sampling.change(planned)
  }

  /** To be called after the clock was set. */
  realign(): void {
    this.#sampling.realign()
  }

  write(request: WriteRequest): Promise<void> {
    return this.#outputs.write(request)
  }

  makeSafe({ reason, channels }: SafeRequest): Promise<void> {
    return this.#outputs.makeSafe(reason, channels)
  }

  async look({ look }: LookRequest): Promise<void> {
    this.#options.send({ type: 'values', look, values: await this.#sampling.look() })
  }

  setContact(hasContact: boolean): void {
    this.#outputs.setContact(hasContact)
  }

  /** Outputs to their safe values, then disconnects; hardly longer than the deadline for it, whatever the driver does. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#loss.resolve(undefined)
    await this.#running
  }

  async #run(): Promise<void> {
    const { backOff, log, timers } = this.#options
    const stop = this.#stopping.signal
    this.#tell('connecting', null)
    while (!stop.aborted) {
      this.#loss = Promise.withResolvers()
      const wasConnected = await this.#connect()
      const reason = wasConnected ? await this.#serve() : await this.#loss.promise
      await this.#letGo(wasConnected)
      if (stop.aborted) return
      const waitMs = backOff.nextMs()
      log.warn({ event: 'device.lost', err: reason, waitMs }, 'device is away, connecting again')
      await wait(waitMs, timers, stop)
    }
  }

  /** @returns false when it could not be connected: the reason is the loss */
  async #connect(): Promise<boolean> {
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
      return true
    } catch (err) {
      this.#loss.resolve(err)
      if (stop.aborted) return false
      this.#tell('error', errorText(err))
      if (!(await heedsItsSignal(call, { timers, stop }))) this.#options.hung()
      return false
    }
  }

  /** @returns why the device is not served any more; undefined when the session was stopped */
  async #serve(): Promise<unknown> {
    const { promise: loss } = this.#loss
    this.#feeder.start()
    await Promise.race([this.#outputs.applyStart(), loss])
    if (await isSettled(loss)) return this.#endServing(loss)
    this.#outputs.open()
    // A device that connects but could not be read has to be read before it counts as connected again.
    if (this.#failures === 0 || this.#sampling.isIdle) this.#works()
    this.#failures = 0
    this.#sampling.start()
    await loss
    return this.#endServing(loss)
  }

  async #endServing(loss: Promise<unknown>): Promise<unknown> {
    const reason = await loss
    this.#outputs.close()
    this.#feeder.stop()
    await this.#sampling.stop()
    if (this.#stopping.signal.aborted) return undefined
    this.#tell('error', errorText(reason))
    this.#sampling.noteLoss()
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
    if (hasPluginErrorCode(err, 'connection') || this.#failures >= FAILURES_UNTIL_RECONNECT) this.#loss.resolve(err)
  }

  /** Safe values and disconnect, together no longer than the deadline for it. */
  async #letGo(wasConnected: boolean): Promise<void> {
    const { device, deadlines, timers, log } = this.#options
    const stop = this.#stopping.signal
    const startedMs = timers.uptimeMs()
    const safeMs = deadlines.stopMs * SHARE_FOR_SAFETY
    if (wasConnected) await (stop.aborted ? this.#outputs.applyStop(safeMs) : this.#outputs.applyLoss(safeMs))
    this.#sampling.flush()
    const leftMs = deadlines.stopMs - (timers.uptimeMs() - startedMs)
    const call = callDevice((signal) => device.disconnect(signal, { outputs: 'keep' }), {
      what: 'disconnect',
      deadlineMs: Math.max(MIN_DISCONNECT_MS, leftMs),
      timers,
    })
    try {
      await call.outcome
    } catch (err) {
      log.error({ event: 'device.disconnect-failed', err }, 'device was not disconnected in time')
      if (!(await heedsItsSignal(call, { timers, stop }))) this.#options.hung()
    }
  }

  /** A mapping to a channel that the device does not have must not keep the others from being read. */
  #known(plan: InstancePlan): ReadonlyMap<string, PlannedChannel> {
    const { device, log } = this.#options
    const planned = planChannels(device.channels, plan)
    const unknown = plan.channels.filter(({ channel, isMapped }) => isMapped && !planned.has(channel))
    if (unknown.length > 0)
      log.warn(
        {
          event: 'device.mapped-channel-unknown',
          channels: unknown.slice(0, 5).map(({ channel }) => channel),
          count: unknown.length,
        },
        'no such channel',
      )
    return planned
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

const PENDING = Symbol('pending')
const isSettled = async (promise: Promise<unknown>): Promise<boolean> =>
  (await Promise.race([promise, Promise.resolve(PENDING)])) !== PENDING
