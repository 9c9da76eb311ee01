import {
  type Channel,
  DevicePlugin,
  type DeviceReadings,
  definePlugin,
  NO_CONFIG,
  NotWritableError,
  sensorFault,
} from '@webmacs/plugin-sdk'
import { CHANNELS, type Metric } from './channels.ts'
import { type HostMetrics, openHostMetrics } from './host-metrics.ts'

class SystemMonitor extends DevicePlugin {
  #metrics: HostMetrics | undefined

  protected override async connectDevice(): Promise<void> {
    this.#metrics = await openHostMetrics(this.clock)
  }

  protected override async readDevice(channels: readonly Channel[]): Promise<DeviceReadings> {
    const entries = await Promise.all(channels.map(async ({ id }) => [id, await this.#read(id as Metric)] as const)) // CHANNELS has no others
    return Object.fromEntries(entries)
  }

  protected override writeDevice(channel: Channel): Promise<never> {
    return Promise.reject(new NotWritableError(channel.id))
  }

  /** One metric that cannot be read does not take the others with it. */
  async #read(metric: Metric): Promise<DeviceReadings[string]> {
    try {
      return await this.#metrics?.[metric]()
    } catch (err) {
      this.log.warn({ event: `system.${metric}-unreadable`, err }, 'metric cannot be read')
      return sensorFault
    }
  }
}

export const plugin = definePlugin({
  meta: {
    id: 'system',
    name: 'System Monitor',
    version: '0.1.0',
    vendor: 'WebMACS',
    description: 'CPU, memory, disk, load and temperature of the machine that the controller runs on',
    tags: ['host', 'monitoring'],
  },
  configSchema: NO_CONFIG,
  channels: () => CHANNELS,
  create: (context) => new SystemMonitor(context),
})
