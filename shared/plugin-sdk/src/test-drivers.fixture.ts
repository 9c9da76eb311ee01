import { type Static, Type } from 'typebox'
import type { Channel, ChannelDefinition } from './channel.ts'
import { definePlugin, type PluginDefinition } from './definition.ts'
import { DevicePlugin } from './device-plugin.ts'
import type { DeviceContext } from './device-types.ts'
import type { DeviceReadings } from './reading.ts'

/** What the driver below does when its hooks are called; tests replace what they are about. */
export interface Bench {
  registers: Record<string, number>
  readonly calls: string[]
  connect(push: (answer: DeviceReadings, ageMs?: number) => void): Promise<void>
  disconnect(): Promise<void>
  read(): Promise<unknown>
  write(id: string, raw: number): Promise<number | undefined>
}

export function aBench(overrides: Partial<Bench> = {}): Bench {
  const bench: Bench = {
    registers: { temperature: 235, valve: 0, mode: 2 },
    calls: [],
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    read: () => Promise.resolve(bench.registers),
    write: (id, raw) => {
      bench.registers[id] = raw
      return Promise.resolve(raw)
    },
    ...overrides,
  }
  return bench
}

export const BENCH_CHANNELS: readonly ChannelDefinition[] = [
  {
    id: 'temperature',
    name: 'Temperature',
    direction: 'input',
    unit: '°C',
    maxValue: 500,
    readConversion: { type: 'divide', divisor: 10 },
    simulation: { profile: 'constant', base: 180 },
  },
  {
    id: 'valve',
    name: 'Valve',
    direction: 'output',
    unit: '%',
    readConversion: { type: 'linear', scale: 0.01 },
    writeConversion: { type: 'linear', scale: 0.01 },
    safeValue: 5,
  },
  { id: 'mode', name: 'Mode', direction: 'bidirectional', unit: '1', dataType: 'int', maxValue: 3 },
]

const BenchConfig = Type.Object({
  host: Type.String({ minLength: 1, default: '192.168.1.1', description: 'Address' }),
  port: Type.Integer({ minimum: 1, maximum: 65_535, default: 502, description: 'TCP port' }),
})

class BenchDevice extends DevicePlugin<Static<typeof BenchConfig>> {
  readonly #bench: Bench

  constructor(context: DeviceContext<Static<typeof BenchConfig>>, bench: Bench) {
    super(context)
    this.#bench = bench
  }

  protected override async connectDevice(): Promise<void> {
    this.#bench.calls.push(`connect ${this.config.host}:${this.config.port}`)
    await this.#bench.connect((answer, ageMs) => this.push(answer, ageMs))
  }

  protected override async disconnectDevice(): Promise<void> {
    this.#bench.calls.push('disconnect')
    await this.#bench.disconnect()
  }

  protected override async readDevice(channels: readonly Channel[]): Promise<DeviceReadings> {
    this.#bench.calls.push(`read ${channels.map(({ id }) => id).join(' ')}`)
    return (await this.#bench.read()) as DeviceReadings // drivers in plain JavaScript may answer anything
  }

  protected override async writeDevice({ id }: Channel, raw: number): Promise<number | undefined> {
    this.#bench.calls.push(`write ${id} ${raw}`)
    return this.#bench.write(id, raw)
  }
}

/** A driver for a made-up device with an input, an output and a register that is both. */
export function aDriver(
  bench: Bench = aBench(),
  channels: readonly ChannelDefinition[] = BENCH_CHANNELS,
): PluginDefinition {
  return definePlugin<Static<typeof BenchConfig>>({
    meta: { id: 'bench', name: 'Bench', version: '1.0.0' },
    configSchema: BenchConfig,
    channels: () => channels,
    create: (context) => new BenchDevice(context, bench),
  })
}
