import { type Channel, ConnectionError, DevicePlugin, type DeviceReadings, definePlugin } from '@webmacs/plugin-sdk'

/** What people set for each instance: the type, and below the same as a JSON schema that their form is drawn from. */
interface Config {
  readonly url: string
}

const configSchema = {
  type: 'object',
  properties: {
    url: {
      type: 'string',
      title: 'Address',
      description: 'Where the device answers with JSON, for example {"temperature": 21.5, "fan": 0}',
      minLength: 1,
      default: 'http://192.168.1.20/state',
    },
  },
}

/** Replace the hooks by what your device speaks. They work in the device's own numbers and must heed the signal. */
class Device extends DevicePlugin<Config> {
  /** Opens the way to the device; throws ConnectionError when it is not there. */
  protected override async connectDevice(signal: AbortSignal): Promise<void> {
    await this.#request({ signal })
  }

  /** All that a cycle needs, in one call. What is left out has no value this time. */
  protected override async readDevice(_channels: readonly Channel[], signal: AbortSignal): Promise<DeviceReadings> {
    return (await (await this.#request({ signal })).json()) as DeviceReadings
  }

  /** Sets one output; what the device says it has then is the read-back. */
  protected override async writeDevice(
    channel: Channel,
    raw: number,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const body = JSON.stringify({ [channel.id]: raw })
    const state = (await (await this.#request({ method: 'PUT', body, signal })).json()) as Record<string, number>
    return state[channel.id]
  }

  async #request(options: RequestInit): Promise<Response> {
    try {
      const answer = await fetch(this.config.url, options)
      if (answer.ok) return answer
      throw new Error(`it answered ${answer.status}`)
    } catch (err) {
      throw new ConnectionError('the device cannot be reached', { cause: err })
    }
  }
}

export const plugin = definePlugin<Config>({
  meta: { id: '__ID__', name: '__NAME__', version: '0.1.0', description: 'What it connects to', protocol: 'http' },
  configSchema,
  channels: () => [
    {
      id: 'temperature',
      name: 'Temperature',
      direction: 'input',
      unit: '°C',
      minValue: -40,
      maxValue: 85,
      simulation: { profile: 'random_walk', base: 21, amplitude: 3, noise: 0.05 }, // what demo mode shows
    },
    {
      id: 'fan',
      name: 'Fan',
      direction: 'output',
      unit: '%',
      safeValue: 0, // what it is set to when nobody drives it any more
    },
  ],
  create: (context) => new Device(context),
})
