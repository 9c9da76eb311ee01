import { appendFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { type Channel, DevicePlugin, type DeviceReadings, definePlugin } from '@webmacs/plugin-sdk'
import { type Static, Type } from 'typebox'

const Config = Type.Object({
  /** Lines about what was done to the device go there. */
  record: Type.String({ default: '' }),
  /** How long a write to the slow output takes. */
  slowMs: Type.Integer({ minimum: 0, default: 500 }),
})

/** Outputs that do as they are told, or fail to in the ways that outputs do. */
class Rig extends DevicePlugin<Static<typeof Config>> {
  #valve = 0
  #slow = 0

  protected override connectDevice(): Promise<void> {
    return this.#record('connected')
  }

  protected override disconnectDevice(): Promise<void> {
    return this.#record('disconnected')
  }

  protected override async readDevice(): Promise<DeviceReadings> {
    return { valve: this.#valve, slow: this.#slow, stuck: 0, temperature: 20 }
  }

  protected override async writeDevice({ id }: Channel, raw: number): Promise<undefined> {
    await this.#record(`${id}=${raw}`)
    if (id === 'valve') this.#valve = raw
    if (id === 'slow') {
      await delay(this.config.slowMs)
      this.#slow = raw
      await this.#record(`${id} done`)
    }
  }

  async #record(line: string): Promise<void> {
    if (this.config.record !== '') await appendFile(this.config.record, `${line}\n`)
  }
}

export const plugin = definePlugin<Static<typeof Config>>({
  meta: { id: 'rig', name: 'Rig', version: '1.0.0' },
  configSchema: Config,
  channels: () => [
    { id: 'temperature', name: 'Temperature', direction: 'input', unit: '°C' },
    { id: 'valve', name: 'Valve', direction: 'output', unit: '%', safeValue: 5, readback: true },
    { id: 'slow', name: 'Slow', direction: 'output', unit: '%', readback: true },
    { id: 'stuck', name: 'Stuck', direction: 'output', unit: '%', readback: true },
    { id: 'silent', name: 'Broken read-back wire', direction: 'output', unit: '%', readback: true },
    { id: 'blind', name: 'Without read-back', direction: 'output', unit: '%' },
  ],
  create: (context) => new Rig(context),
})
