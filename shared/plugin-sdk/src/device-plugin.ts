import type { Channel } from './channel.ts'
import type { Clock } from './clock.ts'
import { clamp, toEngineering, toRaw } from './conversion.ts'
import { DemoSignals } from './demo-signals.ts'
import type {
  DeviceContext,
  DeviceHealth,
  DeviceListener,
  DeviceState,
  DisconnectOptions,
  SafeStateResult,
  WriteResult,
} from './device-types.ts'
import {
  hasPluginErrorCode,
  InvalidValueError,
  NotWritableError,
  UnknownChannelError,
  WrongStateError,
} from './errors.ts'
import type { PluginLog } from './log.ts'
import { GOOD, SIMULATED } from './quality.ts'
import { type DeviceReadings, interpretReadings, type Reading } from './reading.ts'

/**
 * A device behind a driver. Drivers implement the `…Device` hooks, which work in raw values and must obey the AbortSignal that they get;
 * this class does the rest alike for all: states, conversions, limits, demo mode, safe state. Hooks are not called in demo mode, unless
 * the driver is its own simulation.
 */
export abstract class DevicePlugin<Config = unknown> {
  protected readonly config: Config
  protected readonly log: PluginLog
  protected readonly clock: Clock
  readonly instanceName: string
  readonly demoMode: boolean
  /** Whether the hooks are called: with a device, and where the driver is its own simulation. */
  readonly #callsHooks: boolean
  readonly channels: readonly Channel[]
  readonly #pluginId: string
  readonly #byId: ReadonlyMap<string, Channel>
  readonly #demo: DemoSignals
  /** What outputs were last set to, or said they have. */
  readonly #held = new Map<string, number>()
  #state: DeviceState = 'configured'
  /** Connected since the last disconnect: only then are there outputs to make safe. */
  #wasConnected = false
  #errorCount = 0
  #lastError: string | undefined
  #listener: DeviceListener | undefined
  /** What came while connecting, the last raw value of each channel, and when it was measured. */
  readonly #early = new Map<string, { readonly raw: DeviceReadings[string]; readonly measuredMs: number }>()

  constructor(context: DeviceContext<Config>) {
    this.#pluginId = context.pluginId
    this.instanceName = context.instanceName
    this.demoMode = context.demoMode
    this.#callsHooks = !context.demoMode || context.ownSimulation
    this.config = context.config
    this.channels = context.channels
    this.clock = context.clock
    this.log = context.log
    this.#byId = new Map(context.channels.map((channel) => [channel.id, channel]))
    this.#demo = new DemoSignals(context.instanceName, context.clock)
  }

  /** Opens the way to the device. @throws ConnectionError when it cannot be reached */
  protected connectDevice(_signal: AbortSignal): Promise<void> {
    return Promise.resolve()
  }

  /** Gives up what `connectDevice` took. Called after a failed connect as well. */
  protected disconnectDevice(_signal: AbortSignal): Promise<void> {
    return Promise.resolve()
  }

  /** Reads raw values of inputs, bidirectional channels and outputs with `readback`: all that a cycle needs, in one call. */
  protected abstract readDevice(channels: readonly Channel[], signal: AbortSignal): Promise<DeviceReadings>

  /** Writes one raw value. @returns the raw value that the device says it has now, or undefined where it cannot be asked */
  protected abstract writeDevice(channel: Channel, raw: number, signal: AbortSignal): Promise<number | undefined>

  /**
   * The device's own watchdog, armed by `connectDevice`: without `feedDevice` for this long the device makes its outputs safe itself.
   * undefined: it has none.
   */
  protected get watchdogMs(): number | undefined {
    return undefined
  }

  /** Feeds the device's own watchdog. */
  protected feedDevice(_signal: AbortSignal): Promise<void> {
    return Promise.resolve()
  }

  /**
   * For channels that are `pushed`: hands in raw values as they come. Of what comes while `connectDevice` is at work, the last value of
   * each channel counts, as soon as it is done. Ignored while not connected, and in demo mode.
   * @param ageMs how long ago they were measured, where the device knows
   */
  protected push(answer: DeviceReadings, ageMs = 0): void {
    if (this.#state === 'connecting') this.#keepEarly(answer, ageMs)
    if (this.#state !== 'connected' || !this.#callsHooks) return
    const channels = Object.keys(answer).flatMap((id) => this.#byId.get(id) ?? [])
    const readings = this.#interpret(channels, answer)
    if (readings.length > 0) this.#listener?.pushed(readings, ageMs)
  }

  /** For drivers that notice by themselves that the device is gone: it is connected anew, as after a ConnectionError. */
  protected lost(err: Error): void {
    if (this.#state !== 'connected') return
    this.#fail(err)
    this.#state = 'error'
    this.#listener?.lost(err)
  }

  /** Who hears what the device says unasked. One at a time. */
  listen(listener: DeviceListener): void {
    this.#listener = listener
  }

  /** How long the device waits for `feedWatchdog`; undefined: it has no watchdog, or is simulated. */
  get watchdog(): number | undefined {
    return this.#callsHooks ? this.watchdogMs : undefined
  }

  /** Says to the device's own watchdog that all is well. */
  async feedWatchdog(signal: AbortSignal): Promise<void> {
    if (this.#state === 'connected' && this.#callsHooks) await this.feedDevice(signal)
  }

  get state(): DeviceState {
    return this.#state
  }

  get health(): DeviceHealth {
    return {
      pluginId: this.#pluginId,
      instanceName: this.instanceName,
      state: this.#state,
      demoMode: this.demoMode,
      channelCount: this.channels.length,
      errorCount: this.#errorCount,
      lastError: this.#lastError,
      healthy: this.#state === 'connected',
    }
  }

  /** Allowed while configured, disconnected or in error. @throws what the driver throws; the state is then `error` */
  async connect(signal: AbortSignal): Promise<void> {
    if (this.#state !== 'configured' && this.#state !== 'disconnected' && this.#state !== 'error')
      throw new WrongStateError('connect', this.#state)
    this.#state = 'connecting'
    this.#early.clear()
    try {
      if (this.#callsHooks) await this.connectDevice(signal)
    } catch (err) {
      this.#fail(err)
      this.#state = 'error'
      throw err
    }
    this.#errorCount = 0
    this.#lastError = undefined
    this.#wasConnected = true
    this.#state = 'connected'
    this.#pushEarly()
  }

  /**
   * Sets outputs to their safe values, unless told to leave them, then lets the device go. Never throws, does nothing the second time.
   */
  async disconnect(signal: AbortSignal, { outputs = 'safe' }: DisconnectOptions = {}): Promise<void> {
    const from = this.#state
    if (from === 'disconnected' || from === 'disconnecting') return
    this.#state = 'disconnecting'
    if (this.#wasConnected && outputs === 'safe') await this.applySafeState(signal)
    this.#wasConnected = false
    try {
      if (from !== 'configured' && this.#callsHooks) await this.disconnectDevice(signal)
    } catch (err) {
      this.#fail(err)
      this.log.warn({ event: 'device.disconnect-failed', err }, 'device was not disconnected in order')
    }
    this.#state = 'disconnected'
  }

  /**
   * Reads channels. An output without `readback` gives what it was last set to.
   * @returns a reading for each channel that has a value
   * @throws UnknownChannelError, WrongStateError, or what the driver throws; after a ConnectionError the state is `error`
   */
  async read(ids: readonly string[], signal: AbortSignal): Promise<Reading[]> {
    const channels = ids.map((id) => this.#channel(id))
    if (this.#state !== 'connected') throw new WrongStateError('read', this.#state)
    if (!this.#callsHooks) return this.#simulate(channels)
    const asked = channels.filter(isAskedFor)
    const readings = asked.length === 0 ? [] : await this.#readDevice(asked, signal)
    for (const channel of channels) {
      const value = isAskedFor(channel) || channel.direction === 'input' ? undefined : this.#held.get(channel.id)
      if (value !== undefined) readings.push({ channel: channel.id, value, quality: this.demoMode ? SIMULATED : GOOD })
    }
    return readings
  }

  /**
   * Sets an output, clamped to its range and rounded to its data type.
   * @throws UnknownChannelError, NotWritableError, InvalidValueError, WrongStateError, or what the driver throws
   */
  async write(id: string, value: number, signal: AbortSignal): Promise<WriteResult> {
    const channel = this.#channel(id)
    if (channel.direction === 'input') throw new NotWritableError(id)
    if (!Number.isFinite(value)) throw new InvalidValueError(id, value)
    if (this.#state !== 'connected') throw new WrongStateError('write', this.#state)
    return this.#write(channel, value, signal)
  }

  /**
   * Sets each output that has a safe value to it; one that fails does not keep the others from theirs.
   * @param values channel → safe value, where it is not the driver's; null: the output is left as it is. Only these, when `only` is given
   */
  async applySafeState(
    signal: AbortSignal,
    {
      values,
      only,
    }: { readonly values?: ReadonlyMap<string, number | null>; readonly only?: ReadonlySet<string> } = {},
  ): Promise<SafeStateResult> {
    const applied: string[] = []
    const failed: { channel: string; err: unknown }[] = []
    for (const channel of this.channels) {
      const chosen = values?.get(channel.id)
      const safeValue = chosen === undefined ? channel.safeValue : (chosen ?? undefined)
      if (channel.direction === 'input' || safeValue === undefined) continue
      if (only !== undefined && !only.has(channel.id)) continue
      try {
        await this.#write(channel, safeValue, signal)
        applied.push(channel.id)
      } catch (err) {
        failed.push({ channel: channel.id, err })
        this.log.error({ event: 'device.safe-value-failed', channel: channel.id, err }, 'safe value was not written')
      }
    }
    return { applied, failed }
  }

  async #readDevice(channels: readonly Channel[], signal: AbortSignal): Promise<Reading[]> {
    try {
      return this.#interpret(channels, await this.readDevice(channels, signal))
    } catch (err) {
      this.#fail(err)
      if (hasPluginErrorCode(err, 'connection')) this.#state = 'error'
      throw err
    }
  }

  #keepEarly(answer: DeviceReadings, ageMs: number): void {
    const measuredMs = this.clock.monotonicMs() - ageMs
    for (const [id, raw] of Object.entries(answer)) if (this.#byId.has(id)) this.#early.set(id, { raw, measuredMs })
  }

  #pushEarly(): void {
    const nowMs = this.clock.monotonicMs()
    for (const [id, { raw, measuredMs }] of this.#early) this.push({ [id]: raw }, nowMs - measuredMs)
    this.#early.clear()
  }

  #interpret(channels: readonly Channel[], answer: DeviceReadings): Reading[] {
    const { readings, unusable, unknown } = interpretReadings(channels, answer)
    if (unusable.length > 0)
      this.log.warn({ event: 'device.unusable-value', ...aFewOf(unusable) }, 'driver gave values that are no numbers')
    if (unknown.length > 0)
      this.log.warn({ event: 'device.unknown-channel', ...aFewOf(unknown) }, 'driver gave channels nobody asked for')
    return this.demoMode ? readings.map(asSimulated) : readings
  }

  async #write(channel: Channel, requested: number, signal: AbortSignal): Promise<WriteResult> {
    const limited = clamp(requested, channel.minValue, channel.maxValue)
    const written = channel.dataType === 'float' ? limited : Math.round(limited)
    const readback = !this.#callsHooks ? written : await this.#writeDevice(channel, written, signal)
    this.#held.set(channel.id, readback ?? written)
    return { channel: channel.id, requested, written, clamped: limited !== requested, readback }
  }

  async #writeDevice(channel: Channel, value: number, signal: AbortSignal): Promise<number | undefined> {
    try {
      const answer = await this.writeDevice(channel, toRaw(channel.writeConversion, value), signal)
      return answer === undefined ? undefined : toEngineering(channel.readConversion, answer)
    } catch (err) {
      this.#fail(err)
      throw err
    }
  }

  /** Demo values are engineering values from the start: no conversion applies to them. What was written stays. */
  #simulate(channels: readonly Channel[]): Reading[] {
    const seconds = this.#demo.elapsedSeconds()
    return channels.map((channel) => {
      const value = this.#held.get(channel.id) ?? this.#demo.valueOf(channel, seconds)
      return { channel: channel.id, value, quality: SIMULATED }
    })
  }

  #channel(id: string): Channel {
    const channel = this.#byId.get(id)
    if (channel === undefined) throw new UnknownChannelError(id)
    return channel
  }

  #fail(err: unknown): void {
    this.#errorCount += 1
    this.#lastError = err instanceof Error ? err.message : String(err)
  }
}

/** Whether `readDevice` has it; of other outputs the last value written is known, of pushed inputs only what was pushed. */
const isAskedFor = ({ direction, readback, pushed }: Channel): boolean =>
  !pushed && (direction !== 'output' || readback)

const asSimulated = (reading: Reading): Reading =>
  reading.quality.includes('simulated') ? reading : { ...reading, quality: [...reading.quality, 'simulated'] }

const A_FEW = 5
const MAX_ID_CHARACTERS = 100

/** Some of many, and how many there are: a log line must not grow with a driver's fault. */
const aFewOf = (ids: readonly string[]) => ({
  channels: ids.slice(0, A_FEW).map((id) => id.slice(0, MAX_ID_CHARACTERS)),
  count: ids.length,
})
