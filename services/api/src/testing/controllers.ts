import { openBucket } from '@webmacs/bus'
import {
  type ChannelDescription,
  ControllerInventory,
  controllerKeys,
  DesiredInstance,
  formatTime,
  type InstanceId,
  nowMicros,
  ReportedInstance,
} from '@webmacs/contracts'
import type { TestBus } from '@webmacs/testing'

const bucketOf = ({ bus }: TestBus) => bus.names.buckets.controllers

export const aChannel = (overrides: Partial<ChannelDescription> = {}): ChannelDescription => ({
  id: 'temperature',
  name: 'Temperature',
  direction: 'input',
  unit: '°C',
  min_value: 0,
  max_value: 200,
  data_type: 'float',
  safe_value: null,
  readback: false,
  ...overrides,
})

/** A controller shows up with the two bundled drivers. */
export async function announceController(site: TestBus, controller = 'local'): Promise<void> {
  const about = { version: '3.0.0', vendor: 'WebMACS', description: 'Bundled', url: '', protocol: '', tags: [] }
  const plugin = { ...about, config_schema: {}, package: { name: '@webmacs/plugins', version: '3.0.0' } }
  const bucket = await openBucket(site.bus, bucketOf(site), ControllerInventory)
  await bucket.put(controllerKeys.inventory(controller), {
    controller,
    version: '3.0.0',
    started_on: formatTime(nowMicros()),
    platform: { node: process.versions.node, os: process.platform, cpu: process.arch },
    packages: [],
    plugins: [
      { ...plugin, id: 'system', name: 'System', channels: [aChannel({ id: 'cpu', name: 'CPU Usage', unit: '%' })] },
      {
        ...plugin,
        id: 'simulated',
        name: 'Simulated Device',
        channels: [
          aChannel(),
          aChannel({ id: 'valve', name: 'Valve', direction: 'output', unit: 'bool', max_value: 1 }),
          aChannel({ id: 'heater', name: 'Heater', direction: 'output', unit: '%', max_value: 100 }),
        ],
      },
    ],
  })
}

export async function report(
  site: TestBus,
  instance: InstanceId,
  overrides: Partial<ReportedInstance>,
  controller = 'local',
): Promise<void> {
  const bucket = await openBucket(site.bus, bucketOf(site), ReportedInstance)
  await bucket.put(controllerKeys.reported(controller, instance), {
    instance,
    status: 'connected',
    error_message: null,
    channels: [],
    restarts: 0,
    updated_on: formatTime(nowMicros()),
    ...overrides,
  })
}

/** What controllers are told to run, by the instance's name. */
export async function desiredInstances(site: TestBus): Promise<Map<string, DesiredInstance>> {
  const bucket = await openBucket(site.bus, bucketOf(site), DesiredInstance)
  const entries = await bucket.entries(controllerKeys.allDesired('*'))
  return new Map([...entries.values()].map((instance) => [instance.name, instance]))
}
