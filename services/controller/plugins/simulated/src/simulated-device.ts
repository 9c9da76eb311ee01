import { setTimeout as delay } from 'node:timers/promises'
import {
  type Channel,
  ChannelSimulation,
  ConnectionError,
  type DeviceContext,
  DevicePlugin,
  type DeviceReadings,
  definePlugin,
} from '@webmacs/plugin-sdk'
import { channelsOf } from './channels.ts'
import { CONFIG_SCHEMA, type SimulatedConfig } from './config.ts'
import { isUnderWay, SensorFaults } from './faults.ts'
import { Plant } from './plant.ts'

const PUSH_INTERVAL_MS = 1000

/** A reactor that reacts: sensors with signals of their own, moved by heater and valve, wrong where the configuration asks for it. */
class SimulatedDevice extends DevicePlugin<SimulatedConfig> {
  readonly #plant: Plant
  readonly #signals: ReadonlyMap<string, ChannelSimulation>
  readonly #faults: SensorFaults
  #startedMs: number | undefined
  #pushing: NodeJS.Timeout | undefined

  constructor(context: DeviceContext<SimulatedConfig>) {
    super(context)
    this.#plant = new Plant(context.clock, context.config.time_constant_seconds)
    const inputs = context.channels.filter(({ direction }) => direction === 'input')
    this.#signals = new Map(inputs.map((channel) => [channel.id, new ChannelSimulation(channel, context.instanceName)]))
    this.#faults = new SensorFaults(context.config.misbehaviour, context.instanceName)
  }

  protected override async connectDevice(): Promise<void> {
    this.#checkPresence()
    if (this.config.misbehaviour.clock_skew_seconds !== 0)
      this.#pushing = setInterval(() => this.#pushAll(), PUSH_INTERVAL_MS)
  }

  protected override async disconnectDevice(): Promise<void> {
    clearInterval(this.#pushing)
  }

  protected override async readDevice(channels: readonly Channel[]): Promise<DeviceReadings> {
    this.#checkPresence()
    return this.#valuesOf(channels)
  }

  protected override async writeDevice({ id }: Channel, raw: number, signal: AbortSignal): Promise<number | undefined> {
    this.#checkPresence()
    const { fault, delay_seconds } = this.config.outputs
    if (delay_seconds > 0) await delay(delay_seconds * 1000, undefined, { signal })
    if (fault === 'refuse') throw new Error('the simulated output refuses, as it is configured')
    if (fault !== 'stuck') this.#plant.set(id, raw)
    return fault === 'no_readback' ? undefined : this.#plant.output(id)
  }

  #valuesOf(channels: readonly Channel[]): DeviceReadings {
    const seconds = this.#elapsedSeconds()
    return Object.fromEntries(channels.map((channel) => [channel.id, this.#valueOf(channel, seconds)]))
  }

  #valueOf(channel: Channel, seconds: number): number | undefined {
    const signal = this.#signals.get(channel.id)
    if (signal === undefined) return this.#plant.output(channel.id)
    return this.#faults.apply(channel, rounded(signal.valueAt(seconds) + this.#plant.effectOn(channel.id)), seconds)
  }

  #pushAll(): void {
    const inputs = this.channels.filter(({ pushed }) => pushed)
    this.push(this.#valuesOf(inputs), this.config.misbehaviour.clock_skew_seconds * 1000)
  }

  /** @throws ConnectionError while the configuration wants it away */
  #checkPresence(): void {
    const { disconnect_every_seconds: every, disconnect_seconds: lasts } = this.config.misbehaviour
    if (isUnderWay(this.#elapsedSeconds(), every, lasts))
      throw new ConnectionError('the simulated device is away, as it is configured')
  }

  #elapsedSeconds(): number {
    const nowMs = this.clock.monotonicMs()
    this.#startedMs ??= nowMs
    return (nowMs - this.#startedMs) / 1000
  }
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000

export const plugin = definePlugin<SimulatedConfig>({
  meta: {
    id: 'simulated',
    name: 'Simulated Device',
    version: '0.3.0',
    vendor: 'WebMACS',
    description: 'A small reactor without hardware: seven sensors that react to a heater and a valve',
    tags: ['demo', 'simulation'],
  },
  configSchema: CONFIG_SCHEMA,
  alwaysDemo: true,
  ownSimulation: true,
  channels: channelsOf,
  create: (context) => new SimulatedDevice(context),
})
