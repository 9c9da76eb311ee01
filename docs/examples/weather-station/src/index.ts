import {
  type Channel,
  type ChannelDefinition,
  ConnectionError,
  DevicePlugin,
  type DeviceReadings,
  definePlugin,
  type Simulation,
} from '@webmacs/plugin-sdk'
import { LineConnection } from './line-connection.ts'

interface WeatherConfig {
  readonly host: string
  readonly port: number
}

const configSchema = {
  type: 'object',
  properties: {
    host: { type: 'string', title: 'Host', description: 'Name or address of the station', default: '192.168.1.30' },
    port: { type: 'integer', title: 'Port', description: 'TCP port', minimum: 1, maximum: 65_535, default: 4001 },
  },
}

const sensor = (
  id: string,
  name: string,
  unit: string,
  [minValue, maxValue]: readonly [number, number],
  simulation: Partial<Simulation>,
): ChannelDefinition => ({ id, name, direction: 'input', unit, minValue, maxValue, simulation })

const CHANNELS: readonly ChannelDefinition[] = [
  sensor('temperature', 'Temperature', '°C', [-40, 60], { base: 22, amplitude: 8, periodSeconds: 300, noise: 0.3 }),
  sensor('humidity', 'Humidity', '%', [0, 100], { base: 55, amplitude: 20, periodSeconds: 600, noise: 1 }),
  sensor('wind_speed', 'Wind Speed', 'km/h', [0, 200], { profile: 'random_walk', base: 12, amplitude: 8, noise: 0.5 }),
  sensor('pressure', 'Pressure', 'hPa', [900, 1100], { base: 1013, amplitude: 15, periodSeconds: 900, noise: 0.2 }),
  sensor('rainfall', 'Rainfall', 'mm/h', [0, 100], { profile: 'random_walk', base: 2, amplitude: 5, noise: 0.3 }),
  {
    id: 'heater',
    name: 'Sensor Heater',
    direction: 'output',
    unit: 'bool',
    dataType: 'bool',
    maxValue: 1,
    safeValue: 0,
  },
]

/**
 * A station that speaks lines over TCP: `DATA?` is answered by `temperature=21.4;humidity=55;…`, where a broken sensor says `-`, and
 * `HEATER 1` by `OK 1`.
 */
class WeatherStation extends DevicePlugin<WeatherConfig> {
  #line: LineConnection | undefined

  protected override async connectDevice(signal: AbortSignal): Promise<void> {
    const { host, port } = this.config
    this.#line = await LineConnection.open(host, port, signal)
  }

  protected override async disconnectDevice(): Promise<void> {
    this.#line?.close()
    this.#line = undefined
  }

  protected override async readDevice(_channels: readonly Channel[], signal: AbortSignal): Promise<DeviceReadings> {
    const answer = await this.#ask('DATA?', signal)
    return Object.fromEntries(answer.split(';').map((field) => readingOf(field)))
  }

  protected override async writeDevice(_channel: Channel, raw: number, signal: AbortSignal): Promise<number> {
    const answer = await this.#ask(`HEATER ${raw}`, signal)
    const accepted = /^OK ([01])$/.exec(answer)?.[1]
    if (accepted === undefined) throw new Error(`the station answered "${answer}"`)
    return Number(accepted)
  }

  #ask(request: string, signal: AbortSignal): Promise<string> {
    if (this.#line === undefined) throw new ConnectionError('the station is not connected')
    return this.#line.ask(request, signal)
  }
}

/** `humidity=55` → the value, or nothing while the sensor says `-`: other channels have theirs all the same. */
function readingOf(field: string): [string, number | undefined] {
  const [name = '', text = ''] = field.split('=')
  return [name, text === '-' ? undefined : Number(text)]
}

export const plugin = definePlugin<WeatherConfig>({
  meta: {
    id: 'weather',
    name: 'Weather Station',
    version: '1.0.0',
    vendor: 'Example',
    description: 'A weather station on the roof, by lines over TCP',
    protocol: 'tcp',
    tags: ['weather'],
  },
  configSchema,
  channels: () => CHANNELS,
  create: (context) => new WeatherStation(context),
})
