import { openBucket, respond } from '@webmacs/bus'
import {
  type ChannelDescription,
  ControllerInventory,
  type ControllerVerb,
  controllerKeys,
  type DescribeReply,
  DescribeRequest,
  DesiredInstance,
  formatTime,
  type InstanceId,
  nowMicros,
  type PluginDescription,
  ReportedInstance,
  type TestReply,
  TestRequest,
  type ValuesReply,
  ValuesRequest,
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

export const aDriver = (overrides: Partial<PluginDescription>): PluginDescription => ({
  ...{ id: 'driver', name: 'Driver', version: '3.0.0', vendor: 'WebMACS', description: 'Bundled', url: '' },
  ...{ protocol: '', tags: [], package: { name: '@webmacs/plugins', version: '3.0.0' } },
  ...{ config_schema: {}, channels: [] },
  ...overrides,
})

/** A controller shows up with the two bundled drivers, and perhaps more. */
export async function announceController(
  site: TestBus,
  controller = 'local',
  more: readonly PluginDescription[] = [],
): Promise<void> {
  const bucket = await openBucket(site.bus, bucketOf(site), ControllerInventory)
  await bucket.put(controllerKeys.inventory(controller), {
    controller,
    version: '3.0.0',
    started_on: formatTime(nowMicros()),
    platform: { node: process.versions.node, os: process.platform, cpu: process.arch },
    packages: [],
    plugins: [
      aDriver({ id: 'system', name: 'System', channels: [aChannel({ id: 'cpu', name: 'CPU Usage', unit: '%' })] }),
      aDriver({
        id: 'simulated',
        name: 'Simulated Device',
        channels: [
          aChannel(),
          aChannel({ id: 'valve', name: 'Valve', direction: 'output', unit: 'bool', max_value: 1 }),
          aChannel({ id: 'heater', name: 'Heater', direction: 'output', unit: '%', max_value: 100 }),
        ],
      }),
      ...more,
    ],
  })
}

/** What a controller answers; what is left out nobody answers. */
export interface ControllerAnswers {
  readonly describe?: (question: DescribeRequest) => DescribeReply | Promise<DescribeReply>
  readonly test?: (question: TestRequest) => TestReply | Promise<TestReply>
  readonly values?: (question: { readonly instance: InstanceId }) => ValuesReply | Promise<ValuesReply>
}

/** Answers in the place of a controller from now on. */
export async function answerAsController(
  { bus }: TestBus,
  { describe, test, values }: ControllerAnswers,
  controller = 'local',
): Promise<AsyncDisposable> {
  const subject = (verb: ControllerVerb) => bus.names.subjects.controllers(controller, verb)
  const responders = [
    ...(describe ? [respond(bus, subject('describe'), DescribeRequest, describe)] : []),
    ...(test ? [respond(bus, subject('test'), TestRequest, test)] : []),
    ...(values ? [respond(bus, subject('values'), ValuesRequest, values)] : []),
  ]
  await bus.nc.flush()
  return {
    [Symbol.asyncDispose]: async () => void (await Promise.all(responders.map((responder) => responder.stop()))),
  }
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
