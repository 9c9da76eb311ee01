import {
  type Channel,
  type ChannelDefinition,
  ConfigError,
  ConnectionError,
  type DeviceContext,
  DevicePlugin,
  type DeviceReadings,
  DeviceTimeoutError,
  definePlugin,
  sensorFault,
} from '@webmacs/plugin-sdk'
import { numberIn } from './characters.ts'
import { CONFIG_SCHEMA, type InputConfig, type OutputConfig, type SerialConfig } from './config.ts'
import { SerialLine } from './serial-line.ts'

/** A device on a serial line that speaks text: answers requests, or sends by itself. */
class SerialDevice extends DevicePlugin<SerialConfig> {
  readonly #inputs: ReadonlyMap<string, { readonly config: InputConfig; readonly pattern: RegExp }>
  readonly #outputs: ReadonlyMap<string, OutputConfig>
  #line: SerialLine | undefined

  constructor(context: DeviceContext<SerialConfig>) {
    super(context)
    this.#inputs = new Map(
      this.config.channels.map((config) => [config.id, { config, pattern: compile(config.pattern, config.id) }]),
    )
    this.#outputs = new Map(this.config.outputs.map((output) => [output.id, output]))
  }

  protected override async connectDevice(): Promise<void> {
    this.#line = await SerialLine.open(this.config, {
      frame: (frame) => this.#takeFrame(frame),
      lost: (err) => this.lost(err),
    })
  }

  protected override async disconnectDevice(): Promise<void> {
    const line = this.#line
    this.#line = undefined
    await line?.close()
  }

  /** Each request once, for all channels that are in its answer. */
  protected override async readDevice(channels: readonly Channel[], signal: AbortSignal): Promise<DeviceReadings> {
    const line = this.#opened()
    const asked = channels.flatMap(({ id }) => this.#inputs.get(id) ?? [])
    const readings: Record<string, number | typeof sensorFault> = {}
    let answers = 0
    for (const [request, inputs] of Map.groupBy(asked, ({ config }) => config.request)) {
      const frame = await line.ask('read', request, signal).catch(silence)
      if (frame !== undefined) answers += 1
      for (const { config, pattern } of inputs)
        readings[config.id] = (frame === undefined ? undefined : numberIn(frame, pattern)) ?? sensorFault
    }
    if (asked.length > 0 && answers === 0) throw new DeviceTimeoutError('the device does not answer')
    return readings
  }

  protected override async writeDevice({ id }: Channel, raw: number, signal: AbortSignal): Promise<number | undefined> {
    const output = this.#outputs.get(id)
    if (output === undefined) throw new ConfigError(`there is no output "${id}"`)
    const command = output.command.replaceAll('{value}', textOf(raw, output))
    if (output.reply === '') {
      await this.#opened().tell(command, signal)
      return undefined
    }
    const pattern = compile(output.reply, id)
    const answer = await this.#opened().ask('write', command, signal)
    const match = pattern.exec(answer)
    if (match === null) throw new Error(`the device answered "${answer}"`)
    return match[1] === undefined ? undefined : numberIn(answer, pattern)
  }

  #takeFrame(frame: string): void {
    if (this.config.mode !== 'push') return // an answer that came too late
    const values = [...this.#inputs].map(([id, { pattern }]) => [id, numberIn(frame, pattern)] as const)
    const found = values.filter(([, value]) => value !== undefined)
    if (found.length > 0) this.push(Object.fromEntries(found))
  }

  #opened(): SerialLine {
    if (this.#line === undefined) throw new ConnectionError('the port is not open')
    return this.#line
  }
}

/** One request without an answer must not keep the others from theirs. */
function silence(err: unknown): undefined {
  if (err instanceof DeviceTimeoutError) return undefined
  throw err
}

function compile(pattern: string, id: string): RegExp {
  try {
    return new RegExp(pattern)
  } catch (err) {
    throw new ConfigError(`the pattern of "${id}" is no regular expression: ${String(err)}`, { cause: err })
  }
}

const textOf = (value: number, { data_type, decimals }: OutputConfig): string =>
  value.toFixed(data_type === 'float' ? decimals : 0)

const inputChannel = (input: InputConfig, mode: SerialConfig['mode']): ChannelDefinition => ({
  id: input.id,
  name: input.name || input.id,
  direction: 'input',
  unit: input.unit,
  minValue: input.min,
  maxValue: input.max,
  pushed: mode === 'push',
  readConversion: { type: 'linear', scale: input.scale, offset: input.offset },
  simulation: { profile: 'sine_wave', base: (input.min + input.max) / 2, amplitude: (input.max - input.min) / 4 },
})

const outputChannel = (output: OutputConfig): ChannelDefinition => ({
  id: output.id,
  name: output.name || output.id,
  direction: 'output',
  unit: output.unit,
  minValue: output.min,
  maxValue: output.max,
  dataType: output.data_type,
  safeValue: output.safe_value,
})

export const plugin = definePlugin<SerialConfig>({
  meta: {
    id: 'serial',
    name: 'Serial device',
    version: '0.1.0',
    vendor: 'WebMACS',
    description: 'Scales, pumps, thermostats and whatever speaks text over RS-232, RS-485 or USB',
    protocol: 'serial',
    tags: ['hardware', 'rs232', 'rs485', 'usb'],
  },
  configSchema: CONFIG_SCHEMA,
  channels: ({ channels, outputs, mode }) => [
    ...channels.map((input) => inputChannel(input, mode)),
    ...outputs.map(outputChannel),
  ],
  create: (context) => new SerialDevice(context),
})
