import { type Channel, ConnectionError, DevicePlugin, type DeviceReadings, definePlugin } from './index.ts'

interface TankConfig {
  readonly url: string
}

/** The same as a JSON schema, with a default: the controller checks it before the driver sees it, and the form is drawn from it. */
const configSchema = {
  type: 'object',
  properties: {
    url: {
      type: 'string',
      minLength: 1,
      default: 'http://192.168.1.20',
      description: 'Address of the tank controller',
    },
  },
}

class Tank extends DevicePlugin<TankConfig> {
  /** One request for all channels of a cycle, in the device's own units. */
  protected override async readDevice(_channels: readonly Channel[], signal: AbortSignal): Promise<DeviceReadings> {
    const answer = await this.#request('/state', { signal })
    const { level, pump } = (await answer.json()) as { level: number; pump: boolean }
    return { level, pump }
  }

  /** Writes an output; what the device says it has then is the read-back. */
  protected override async writeDevice({ id }: Channel, raw: number, signal: AbortSignal): Promise<number> {
    const answer = await this.#request(`/${id}`, { method: 'PUT', body: String(raw), signal })
    return Number(await answer.text())
  }

  async #request(path: string, options: RequestInit): Promise<Response> {
    try {
      const answer = await fetch(this.config.url + path, options)
      if (answer.ok) return answer
      throw new Error(`${path} answered ${answer.status}`)
    } catch (err) {
      throw new ConnectionError('the tank cannot be reached', { cause: err })
    }
  }
}

export const plugin = definePlugin<TankConfig>({
  meta: { id: 'tank', name: 'Tank controller', version: '1.0.0', vendor: 'Example', protocol: 'http' },
  configSchema,
  channels: () => [
    {
      id: 'level',
      name: 'Level',
      direction: 'input',
      unit: 'm',
      maxValue: 4,
      readConversion: { type: 'divide', divisor: 1000 }, // the device counts millimetres
      simulation: { profile: 'random_walk', base: 2, amplitude: 1.5, noise: 0.01 },
    },
    {
      id: 'pump',
      name: 'Pump',
      direction: 'output',
      unit: 'bool',
      dataType: 'bool',
      maxValue: 1,
      safeValue: 0,
      readback: true,
    },
  ],
  create: (context) => new Tank(context),
})
