import {
  type Channel,
  ConnectionError,
  DevicePlugin,
  type DeviceReadings,
  definePlugin,
  hasPluginErrorCode,
  NotWritableError,
  type QualifiedValue,
  type RawValue,
  sensorFault,
} from '@webmacs/plugin-sdk'
import { type Block, blockOf, Cuts, planBlocks } from './blocks.ts'
import { ConfigSchema, type ModbusConfig } from './config.ts'
import { ModbusException } from './exceptions.ts'
import { Line } from './line.ts'
import { channelOf, type Register, resolveRegister } from './registers.ts'
import { readBlock, writeRegister } from './requests.ts'

/** How long a unit that does not answer is left in peace, so that the others on its line are not slowed down by waiting for it. */
const REST_MS = 10_000

/** What a cycle has so far. */
interface Cycle {
  readonly answers: Record<string, RawValue | QualifiedValue>
  readonly silentUnits: Set<number>
  readonly failures: unknown[]
  answered: boolean
}

class ModbusDevice extends DevicePlugin<ModbusConfig> {
  readonly #registers = new Map<string, Register>(
    this.config.registers.map((register) => [register.id, resolveRegister(register, this.config)]),
  )
  readonly #severalUnits = new Set([...this.#registers.values()].map(({ unitId }) => unitId)).size > 1
  readonly #restsUntilMs = new Map<number, number>()
  #cuts = new Cuts()
  #line: Line | undefined

  protected override async connectDevice(signal: AbortSignal): Promise<void> {
    this.#cuts = new Cuts()
    this.#restsUntilMs.clear()
    this.#line = await Line.open(this.config, signal, (err) => this.lost(err))
  }

  protected override disconnectDevice(): Promise<void> {
    this.#line?.close()
    this.#line = undefined
    return Promise.resolve()
  }

  /** @throws DeviceTimeoutError when nothing at all answered, ConnectionError when the line is gone */
  protected override async readDevice(channels: readonly Channel[], signal: AbortSignal): Promise<DeviceReadings> {
    const cycle: Cycle = { answers: {}, silentUnits: new Set(), failures: [], answered: false }
    const registers = channels.flatMap(({ id }) => this.#registers.get(id) ?? [])
    const { max_block_registers, max_gap_registers } = this.config
    const limits = { maxRegisters: max_block_registers, maxGap: max_gap_registers }
    for (const block of planBlocks(registers, limits, this.#cuts)) await this.#readBlock(block, cycle, signal)
    if (!cycle.answered && cycle.failures.length > 0) throw cycle.failures[0]
    return cycle.answers
  }

  /** One block, or its parts where the device refuses it whole; a register that cannot be read does not take the others with it. */
  async #readBlock(block: Block, cycle: Cycle, signal: AbortSignal): Promise<void> {
    const { unitId, registers } = block
    if (cycle.silentUnits.has(unitId) || this.#rests(unitId)) return markFaulty(block, cycle)
    try {
      const values = await this.#lineNow().turn('read', signal, (ask) => readBlock(ask, block))
      Object.assign(cycle.answers, values)
      cycle.answered = true
      this.#restsUntilMs.delete(unitId)
    } catch (err) {
      signal.throwIfAborted()
      if (hasPluginErrorCode(err, 'connection')) throw err
      if (err instanceof ModbusException && err.mayBeTheLength && registers.length > 1)
        return this.#readParts(block, cycle, signal)
      this.#noteFailure(err, block, cycle)
    }
  }

  async #readParts({ registers }: Block, cycle: Cycle, signal: AbortSignal): Promise<void> {
    const middle = Math.ceil(registers.length / 2)
    const halves = [registers.slice(0, middle), registers.slice(middle)]
    const second = halves[1]?.[0]
    if (second !== undefined) this.#cuts.addBefore(second)
    for (const half of halves) {
      const block = blockOf(half)
      if (block !== undefined) await this.#readBlock(block, cycle, signal)
    }
  }

  #noteFailure(err: unknown, block: Block, cycle: Cycle): void {
    const { unitId, registers } = block
    markFaulty(block, cycle)
    const absent = hasPluginErrorCode(err, 'timeout') || (err instanceof ModbusException && err.isAbsence)
    if (absent) {
      cycle.silentUnits.add(unitId)
      if (this.#severalUnits) this.#restsUntilMs.set(unitId, this.clock.monotonicMs() + REST_MS)
    }
    // a device that says no is there, and the reading's quality says the rest
    if (err instanceof ModbusException && !absent) cycle.answered = true
    else cycle.failures.push(err)
    const first = registers[0]?.id
    this.log.warn(
      { event: 'modbus.unreadable', channel: first, count: registers.length, err },
      'registers cannot be read',
    )
  }

  #rests(unitId: number): boolean {
    return this.clock.monotonicMs() < (this.#restsUntilMs.get(unitId) ?? Number.NEGATIVE_INFINITY)
  }

  protected override writeDevice(channel: Channel, raw: number, signal: AbortSignal): Promise<number | undefined> {
    const register = this.#registers.get(channel.id)
    if (register === undefined) throw new NotWritableError(channel.id)
    return this.#lineNow().turn('write', signal, (ask) =>
      writeRegister(ask, register, raw, {
        multiple: this.config.write_function === 'multiple',
        readback: channel.readback,
      }),
    )
  }

  #lineNow(): Line {
    if (this.#line === undefined) throw new ConnectionError('there is no connection')
    return this.#line
  }
}

function markFaulty({ registers }: Block, { answers }: Cycle): void {
  for (const { id } of registers) answers[id] = sensorFault
}

export const plugin = definePlugin<ModbusConfig>({
  meta: {
    id: 'modbus',
    name: 'Modbus',
    version: '1.0.0',
    vendor: 'WebMACS',
    description: 'Devices that speak Modbus TCP or RTU: coils, discrete inputs, holding and input registers',
    protocol: 'modbus',
    tags: ['fieldbus', 'modbus', 'plc'],
  },
  configSchema: ConfigSchema,
  channels: (config) => {
    for (const register of config.registers) resolveRegister(register, config) // refuses what no device can have
    return config.registers.map(channelOf)
  },
  create: (context) => new ModbusDevice(context),
})
