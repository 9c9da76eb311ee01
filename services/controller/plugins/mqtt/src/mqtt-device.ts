import {
  type Channel,
  type ChannelDefinition,
  ConfigError,
  ConnectionError,
  type DeviceContext,
  DevicePlugin,
  type DeviceReadings,
  definePlugin,
  type ValuePath,
} from '@webmacs/plugin-sdk'
import { BrokerConnection } from './broker-connection.ts'
import {
  CONFIG_SCHEMA,
  type DataType,
  type InputConfig,
  type MqttConfig,
  type OutputConfig,
  type Qos,
} from './config.ts'
import { numberIn, pathOf, payloadOf } from './payload.ts'
import { matchesTopic } from './topic-filter.ts'

/** What is heard on a topic, and for which channel. */
interface Ear {
  readonly channel: string
  readonly topic: string
  readonly qos: Qos
  readonly path: ValuePath
  readonly dataType: DataType
  readonly useRetained: boolean
  readonly isState: boolean
}

/** Sensors are subscribed and pushed as they come, outputs published, their state topics read back. */
class MqttDevice extends DevicePlugin<MqttConfig> {
  readonly #ears: readonly Ear[]
  readonly #outputs: ReadonlyMap<string, OutputConfig>
  /** Last state that the device told of each output. */
  readonly #states = new Map<string, number>()
  #connection: BrokerConnection | undefined

  constructor(context: DeviceContext<MqttConfig>) {
    super(context)
    this.#ears = [...this.config.channels.map(sensorEar), ...this.config.outputs.flatMap(stateEar)]
    this.#outputs = new Map(this.config.outputs.map((output) => [output.id, output]))
  }

  protected override async connectDevice(signal: AbortSignal): Promise<void> {
    this.#states.clear()
    this.#connection = await BrokerConnection.open(
      this.config,
      {
        message: (topic, payload, isRetained) => this.#hear(topic, payload, isRetained),
        lost: (err) => this.lost(err),
      },
      signal,
    )
    await this.#connection.subscribe(new Map(this.#ears.map(({ topic, qos }) => [topic, qos])))
  }

  protected override async disconnectDevice(): Promise<void> {
    const connection = this.#connection
    this.#connection = undefined
    await connection?.close()
  }

  /** Only states of outputs are asked for; sensors are pushed. */
  protected override async readDevice(channels: readonly Channel[]): Promise<DeviceReadings> {
    return Object.fromEntries(channels.map(({ id }) => [id, this.#states.get(id)]))
  }

  protected override async writeDevice({ id }: Channel, raw: number, signal: AbortSignal): Promise<undefined> {
    const output = this.#outputs.get(id)
    if (output === undefined) throw new ConfigError(`there is no output "${id}"`)
    if (this.#connection === undefined) throw new ConnectionError('the broker is not connected')
    this.#states.delete(id) // what it told before is no read-back of this
    const { topic, qos, retain } = output
    await this.#connection.publish(topic, payloadOf(raw, output), { qos, retain }, signal)
  }

  #hear(topic: string, payload: Buffer, isRetained: boolean): void {
    const values: Record<string, number> = {}
    for (const ear of this.#ears) {
      if (!matchesTopic(ear.topic, topic) || (isRetained && !ear.useRetained)) continue
      const value = numberIn(payload, ear.path, ear.dataType)
      if (value === undefined)
        this.log.warn({ event: 'mqtt.no-number', channel: ear.channel, topic }, 'payload holds no number')
      else if (ear.isState) this.#states.set(ear.channel, value)
      else values[ear.channel] = value
    }
    this.push(values)
  }
}

const sensorEar = ({ id, topic, qos, value_path, data_type, use_retained }: InputConfig): Ear => ({
  channel: id,
  topic,
  qos,
  path: pathOf(value_path, id),
  dataType: data_type,
  useRetained: use_retained,
  isState: false,
})

/** The state of an output is what it is, however long ago it was told. */
const stateEar = ({ id, state_topic, state_path, data_type, qos }: OutputConfig): Ear[] =>
  state_topic === ''
    ? []
    : [
        {
          channel: id,
          topic: state_topic,
          qos,
          path: pathOf(state_path, id),
          dataType: data_type,
          useRetained: true,
          isState: true,
        },
      ]

const inputChannel = (input: InputConfig): ChannelDefinition => ({
  id: input.id,
  name: input.name || input.id,
  direction: 'input',
  unit: input.unit,
  minValue: input.min,
  maxValue: input.max,
  dataType: input.data_type,
  pushed: true,
  readConversion: { type: 'linear', scale: input.scale, offset: input.offset },
  simulation: { profile: 'sine_wave', base: (input.min + input.max) / 2, amplitude: (input.max - input.min) / 4 },
  ...(input.expected_seconds > 0 && { samplingIntervalMs: Math.max(10, input.expected_seconds * 1000) }),
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
  readback: output.state_topic !== '',
})

export const plugin = definePlugin<MqttConfig>({
  meta: {
    id: 'mqtt',
    name: 'MQTT',
    version: '0.1.0',
    vendor: 'WebMACS',
    description: 'Sensors and actuators behind an MQTT broker',
    protocol: 'mqtt',
    tags: ['network', 'iot'],
  },
  configSchema: CONFIG_SCHEMA,
  channels: ({ channels, outputs }) => [...channels.map(inputChannel), ...outputs.map(outputChannel)],
  create: (context) => new MqttDevice(context),
})
