import { appendFileSync } from 'node:fs'
import { DevicePlugin, type DeviceReadings, definePlugin } from '@webmacs/plugin-sdk'
import { type Static, Type } from 'typebox'

const Config = Type.Object({
  /** Each reading is written there, on a line: its value. */
  record: Type.String({ default: '' }),
  channels: Type.Integer({ minimum: 1, default: 1 }),
})

/** A device that gives the time of the reading as the value of all its channels, ms since 1970, and writes down itself what it gave. */
class RecorderDevice extends DevicePlugin<Static<typeof Config>> {
  protected override async readDevice(): Promise<DeviceReadings> {
    const value = Date.now()
    appendFileSync(this.config.record, `${value}\n`)
    return Object.fromEntries(channelIds(this.config).map((id) => [id, value]))
  }

  protected override async writeDevice(): Promise<number> {
    return 0
  }
}

const channelIds = ({ channels }: Static<typeof Config>): string[] =>
  Array.from({ length: channels }, (_, index) => `c${index}`)

export const plugin = definePlugin<Static<typeof Config>>({
  meta: { id: 'recorder', name: 'Recorder', version: '1.0.0' },
  configSchema: Config,
  channels: (config) =>
    channelIds(config).map((id) => ({ id, name: id, direction: 'input', unit: 'ms', maxValue: 1e15 })),
  create: (context) => new RecorderDevice(context),
})
