import { existsSync, readFileSync } from 'node:fs'
import {
  type Channel,
  ConfigError,
  ConnectionError,
  DevicePlugin,
  type DeviceReadings,
  definePlugin,
} from '@webmacs/plugin-sdk'
import { channelId, channelOf, EXAMPLE_VARIABLES } from './channels.ts'
import { CONFIG_SCHEMA, type RevPiConfig } from './config.ts'
import { decode } from './image-codec.ts'
import { type ProcessVariable, parsePictory } from './pictory.ts'
import { ProcessImage } from './process-image.ts'

/** Where piCtory keeps its file: now, formerly, and the web tool itself. */
const PLACES = ['/etc/revpi/config.rsc', '/opt/KUNBUS/config.rsc', '/var/www/pictory/projects/_config.rsc']

/** The inputs and outputs of the modules of a Revolution Pi, read natively from its process image. */
class RevPi extends DevicePlugin<RevPiConfig> {
  #image: ProcessImage | undefined
  #variables: ReadonlyMap<string, ProcessVariable> = new Map()
  #hasWatchdog = false

  protected override async connectDevice(): Promise<void> {
    const path = pictoryPath(this.config)
    if (path === undefined)
      throw new ConfigError(`there is no piCtory file (${this.config.configrsc || PLACES.join(', ')})`)
    this.#variables = new Map(variablesIn(path, this.config).map((variable) => [channelId(variable), variable]))
    try {
      this.#image = await ProcessImage.open(this.config.device)
      await this.#image.read()
    } catch (err) {
      throw new ConnectionError(`${this.config.device} cannot be opened`, { cause: err })
    }
    this.#hasWatchdog = this.config.watchdog_ms > 0 && this.#image.armWatchdog(this.config.watchdog_ms)
  }

  protected override async disconnectDevice(): Promise<void> {
    const image = this.#image
    this.#image = undefined
    await image?.close()
  }

  protected override async readDevice(channels: readonly Channel[]): Promise<DeviceReadings> {
    const image = await this.#opened().read().catch(deviceLost)
    return Object.fromEntries(
      channels.map(({ id }) => {
        const variable = this.#variables.get(id)
        return [id, variable && decode(image, variable)]
      }),
    )
  }

  protected override async writeDevice({ id }: Channel, raw: number): Promise<number> {
    const variable = this.#variables.get(id)
    if (variable === undefined) throw new ConfigError(`piCtory does not know "${id}" any more`)
    return this.#opened().write(variable, raw)
  }

  protected override get watchdogMs(): number | undefined {
    return this.#hasWatchdog ? this.config.watchdog_ms : undefined
  }

  /** Only writing feeds it: an output is given the value that it has. */
  protected override async feedDevice(): Promise<void> {
    const output = this.#variables.values().find(({ direction }) => direction === 'output')
    if (output === undefined) return
    const image = this.#opened()
    await image.write(output, decode(await image.read(), output))
  }

  #opened(): ProcessImage {
    if (this.#image === undefined) throw new ConnectionError('the process image is not open')
    return this.#image
  }
}

const deviceLost = (err: unknown): never => {
  throw new ConnectionError('the process image cannot be read', { cause: err })
}

const pictoryPath = ({ configrsc }: RevPiConfig): string | undefined =>
  configrsc === '' ? PLACES.find((path) => existsSync(path)) : existsSync(configrsc) ? configrsc : undefined

/** @throws ConfigError that names the file */
function variablesIn(path: string, { device_filter }: RevPiConfig): ProcessVariable[] {
  try {
    return parsePictory(readFileSync(path, 'utf8'), device_filter)
  } catch (err) {
    throw new ConfigError(`${path} is no piCtory file: ${err instanceof Error ? err.message : String(err)}`, {
      cause: err,
    })
  }
}

export const plugin = definePlugin<RevPiConfig>({
  meta: {
    id: 'revpi',
    name: 'Revolution Pi',
    version: '0.2.0',
    vendor: 'KUNBUS GmbH',
    description: 'Digital and analogue inputs and outputs of the modules beside a Revolution Pi',
    protocol: 'piControl',
    tags: ['hardware', 'revpi', 'kunbus', 'dio', 'aio'],
  },
  configSchema: CONFIG_SCHEMA,
  channels: (config) => {
    const path = pictoryPath(config)
    const variables = path === undefined ? EXAMPLE_VARIABLES : variablesIn(path, config)
    return variables.map((variable) => channelOf(variable, config))
  },
  create: (context) => new RevPi(context),
})
