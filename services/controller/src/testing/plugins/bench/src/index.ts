import { appendFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { type Channel, ConnectionError, DevicePlugin, type DeviceReadings, definePlugin } from '@webmacs/plugin-sdk'
import { type Static, Type } from 'typebox'

const FAULTS = [
  'none',
  'throw',
  'lose',
  'unreachable',
  'hang',
  'hang-forever',
  'exit',
  'reject-later',
  'flood-messages',
  'flood-output',
  'flood-log',
  'invent-events',
  'flood-channels',
  'flood-push',
  'push-nonsense',
  'flap',
  'not-a-number',
  'text',
  'nothing',
  'leak',
  'lie',
  'slow-write',
  'refuse-write',
  'hang-write',
] as const

const Config = Type.Object({
  /** What goes wrong, from the `after`th read on. */
  fault: Type.Unsafe<(typeof FAULTS)[number]>(Type.Enum([...FAULTS], { default: 'none' })),
  after: Type.Integer({ minimum: 0, default: 3 }),
  /** Lines about what was done to the device go there. */
  record: Type.String({ default: '' }),
  /** How often it sends `ticker` by itself, milliseconds; 0: never. */
  pushMs: Type.Integer({ minimum: 0, default: 0 }),
  /** Of its own watchdog; 0: it has none. */
  watchdogMs: Type.Integer({ minimum: 0, default: 0 }),
})

/** A device that counts its reads, and fails in every way that a driver can. */
class BenchDevice extends DevicePlugin<Static<typeof Config>> {
  #reads = 0
  /** What `pump` has, for the device moves slowly there. */
  #pump = 0
  #ticker: NodeJS.Timeout | undefined

  protected override async connectDevice(): Promise<void> {
    if (this.config.fault === 'unreachable') throw new ConnectionError('no route to the bench')
    await this.#record('connected')
    let ticks = 0
    if (this.config.pushMs > 0) this.#ticker = setInterval(() => this.push({ ticker: ++ticks }), this.config.pushMs)
  }

  protected override get watchdogMs(): number | undefined {
    return this.config.watchdogMs === 0 ? undefined : this.config.watchdogMs
  }

  protected override async feedDevice(): Promise<void> {
    await this.#record('fed')
  }

  protected override async disconnectDevice(): Promise<void> {
    clearInterval(this.#ticker)
    await this.#record('disconnected')
  }

  protected override async readDevice(channels: readonly Channel[]): Promise<DeviceReadings> {
    if (channels.every(({ id }) => id === 'pump')) return { pump: this.#pump }
    this.#reads += 1
    const asked = new Set(channels.map(({ id }) => id))
    const all = { counter: this.#reads, process: process.pid, pump: this.#pump }
    const readings = Object.fromEntries(Object.entries(all).filter(([id]) => asked.has(id)))
    return this.#reads > this.config.after ? this.#fail(readings) : readings
  }

  /** `valve` answers with what it has, `lamp` not at all, `pump` has to be asked and takes a moment. */
  protected override async writeDevice({ id }: Channel, raw: number, signal: AbortSignal): Promise<number | undefined> {
    const { fault } = this.config
    if (fault === 'refuse-write' && id !== 'valve') throw new Error('illegal data address')
    if (fault === 'slow-write') await delay(300, undefined, { signal })
    await this.#record(`${id}=${raw}`)
    if (fault === 'hang-write' && raw !== 0) return new Promise(() => undefined)
    if (id === 'lamp') return undefined
    if (id === 'valve') return fault === 'lie' ? raw + 20 : raw
    if (fault !== 'lie')
      setTimeout(() => {
        this.#pump = raw
      }, 150)
    return undefined
  }

  async #fail(readings: DeviceReadings): Promise<DeviceReadings> {
    switch (this.config.fault) {
      case 'throw':
        throw new TypeError('undefined is not a function')
      case 'lose':
        throw new ConnectionError('cable pulled')
      case 'hang':
        await this.#record('hanging')
        for (;;);
      case 'hang-forever':
        return new Promise(() => undefined)
      case 'exit':
        return process.exit(7)
      case 'reject-later':
        void delay(1).then(() => Promise.reject(new Error('nobody waits for this')))
        return readings
      case 'flood-messages':
        for (let message = 0; message < 5000; message++) process.send?.({ type: 'nonsense', message })
        return readings
      case 'flood-output':
        for (let line = 0; line < 10_000; line++) console.log(`line ${line} of a chatty library`)
        return readings
      case 'flood-log':
        for (let line = 0; line < 10_000; line++) this.log.warn({ event: 'bench.noise', line }, 'noise')
        return readings
      case 'invent-events':
        for (let line = 0; line < 1000; line++) this.log.warn({ event: `bench.noise-${line}` }, 'noise')
        throw new ConnectionError('cable pulled')
      case 'flood-channels':
        return Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`ghost-${index}`, index]))
      case 'flood-push': // at ten reads a second, 100 kHz
        for (let value = 0; value < 10_000; value++) this.push({ ticker: value })
        return readings
      case 'push-nonsense':
        this.push({ ticker: Number.NaN, ghost: 1 })
        return readings
      case 'flap': // at ten reads a second, 10,000 changes of state
        for (let change = 0; change < 1000; change++) this.lost(new ConnectionError(`loose contact ${change}`))
        return readings
      case 'not-a-number':
        return { counter: Number.NaN, process: Number.POSITIVE_INFINITY }
      case 'text':
        return { counter: 'a lot', process: '17' } as unknown as DeviceReadings // what a driver in JavaScript may answer
      case 'nothing':
        return undefined as unknown as DeviceReadings // the same
      case 'leak':
        leaked.push(Buffer.alloc(64 * 1024 * 1024, 1))
        return readings
      default:
        return readings
    }
  }

  async #record(line: string): Promise<void> {
    if (this.config.record !== '') await appendFile(this.config.record, `${line}\n`)
  }
}

const leaked: Buffer[] = []

export const plugin = definePlugin<Static<typeof Config>>({
  meta: { id: 'bench', name: 'Test Bench', version: '1.0.0' },
  configSchema: Config,
  channels: () => [
    { id: 'counter', name: 'Counter', direction: 'input', unit: '1', maxValue: 1e9 },
    { id: 'process', name: 'Process', direction: 'input', unit: '1', maxValue: 1e9 },
    { id: 'valve', name: 'Valve', direction: 'output', unit: '%', safeValue: 5 },
    { id: 'pump', name: 'Pump', direction: 'output', unit: '%', readback: true },
    { id: 'lamp', name: 'Lamp', direction: 'output', unit: 'bool', dataType: 'bool', maxValue: 1 },
    { id: 'ticker', name: 'Ticker', direction: 'input', unit: '1', pushed: true, maxValue: 1e9 },
  ],
  create: (context) => new BenchDevice(context),
})
