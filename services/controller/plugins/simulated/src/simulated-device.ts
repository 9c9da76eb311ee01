import { ConnectionError, DevicePlugin, definePlugin, NO_CONFIG } from '@webmacs/plugin-sdk'
import { CHANNELS } from './channels.ts'

/** All that it shows is the SDK's demo mode: signals for the inputs, and outputs that hold what was written. */
class SimulatedDevice extends DevicePlugin {
  protected override readDevice(): Promise<never> {
    return Promise.reject(new ConnectionError('there is no device behind the simulation'))
  }

  protected override writeDevice(): Promise<never> {
    return Promise.reject(new ConnectionError('there is no device behind the simulation'))
  }
}

export const plugin = definePlugin({
  meta: {
    id: 'simulated',
    name: 'Simulated Device',
    version: '0.2.0',
    vendor: 'WebMACS',
    description: 'A small reactor without hardware: seven sensors, a heater and a valve',
    tags: ['demo', 'simulation'],
  },
  configSchema: NO_CONFIG,
  alwaysDemo: true,
  channels: () => CHANNELS,
  create: (context) => new SimulatedDevice(context),
})
