import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Bucket, type Bus, openBucket } from '@webmacs/bus'
import {
  ControllerInventory,
  controllerKeys,
  DesiredInstance,
  type EventId,
  type Frame,
  FrameMessage,
  newId,
  ReportedInstance,
} from '@webmacs/contracts'
import { createValidator } from '@webmacs/contracts/validation'
import { createLogger } from '@webmacs/service-kit'
import { createTestBus, type TestBus, until } from '@webmacs/testing'
import { type RunningController, startController } from '../app.ts'
import { loadControllerConfig } from '../config.ts'

export const TEST_PLUGINS = fileURLToPath(new URL('plugins', import.meta.url))
export const BROKEN_PLUGINS = fileURLToPath(new URL('broken-plugins', import.meta.url))
const CONTROLLER = 'lab-1'

/** Short waits, so that tests do not take long. */
const ENVIRONMENT = {
  WEBMACS_CONTROLLER_ID: CONTROLLER,
  LOG_LEVEL: 'error',
  OPS_PORT: '0',
  PLUGIN_FOLDERS: JSON.stringify([TEST_PLUGINS]),
  PLUGIN_HEARTBEAT_TIMEOUT_MS: '1500',
  PLUGIN_RESTART_FIRST_MS: '100',
  PLUGIN_RESTART_MAX_MS: '1000',
  PLUGIN_STOP_TIMEOUT_MS: '1500',
  DEVICE_READ_TIMEOUT_MS: '500',
  OUTBOX_AUDIT_INTERVAL_MS: '300',
  PUBLISH_TIMEOUT_MS: '1000',
  FLUSH_TIMEOUT_MS: '500',
}

export interface SiteOptions {
  readonly environment?: Readonly<Record<string, string>>
}

/** A received message: what it carried, and by which lane. */
export interface ReceivedFrame {
  readonly frame: Frame
  readonly lane: 'live' | 'backlog'
}

/** A broker of its own, a way to want instances, and an ear on all that is published. */
export interface Site extends AsyncDisposable {
  readonly bus: Bus
  readonly prefix: string
  readonly brokerUrl: string
  /** Of the controller. */
  readonly environment: Readonly<Record<string, string>>
  readonly received: readonly ReceivedFrame[]
  readonly desired: Bucket<DesiredInstance>
  /** Writes what api would write. @returns it, to be changed and wanted again */
  want(overrides?: Partial<DesiredInstance>): Promise<DesiredInstance>
  unwant(instance: DesiredInstance): Promise<void>
  reported(instance: DesiredInstance): Promise<ReportedInstance | undefined>
  inventory(): Promise<ControllerInventory | undefined>
  /** @param changes to the environment */
  startController(changes?: Readonly<Record<string, string>>): Promise<RunningController>
  /** Readings of a channel of an instance, in order of arrival, null where bad; without those that say that the instance ended. */
  valuesOf(instance: DesiredInstance, channel: string): (number | null)[]
  /** Frames that say of an instance's event that its last value is not true any more. */
  endsOf(instance: DesiredInstance): Frame[]
  /** Readings of the counter channel, for waiting: how many came so far. */
  untilCounted(instance: DesiredInstance, more: number): Promise<void>
}

export async function startSite({ environment = {} }: SiteOptions = {}): Promise<Site> {
  await using starting = new AsyncDisposableStack()
  const broker = starting.use(await createTestBus())
  const { bus } = broker
  const received: ReceivedFrame[] = []
  listen(bus, received)
  const [desired, reported, inventories] = await Promise.all([
    openBucket(bus, bus.names.buckets.controllers, DesiredInstance),
    openBucket(bus, bus.names.buckets.controllers, ReportedInstance),
    openBucket(bus, bus.names.buckets.controllers, ControllerInventory),
  ])
  const dataDir = await mkdtemp(join(tmpdir(), 'webmacs-controller-'))
  starting.defer(() => rm(dataDir, { recursive: true, force: true }))
  const full = environmentOf(broker, { WEBMACS_DATA_DIR: dataDir, ...environment })
  const valuesOf = (instance: DesiredInstance, channel: string) => {
    const event = eventOf(instance, channel)
    return received.flatMap(({ frame }) =>
      event in frame.values && !isStale(frame, event) ? [frame.values[event] ?? null] : [],
    )
  }
  const site = {
    bus,
    prefix: broker.prefix,
    brokerUrl: broker.url,
    environment: full,
    received,
    desired,
    want: async (overrides: Partial<DesiredInstance> = {}) => {
      const instance = aDesired(overrides)
      await desired.put(controllerKeys.desired(CONTROLLER, instance.instance), instance)
      return instance
    },
    unwant: ({ instance }: DesiredInstance) => desired.delete(controllerKeys.desired(CONTROLLER, instance)),
    reported: ({ instance }: DesiredInstance) => reported.get(controllerKeys.reported(CONTROLLER, instance)),
    inventory: () => inventories.get(controllerKeys.inventory(CONTROLLER)),
    startController: async (changes: Readonly<Record<string, string>> = {}) => {
      const controller = await startController(loadControllerConfig({ ...full, ...changes }), {
        log: createLogger({ service: 'controller', level: full.LOG_LEVEL ?? 'error' }),
        signal: new AbortController().signal,
      })
      running.defer(() => controller.stop())
      return controller
    },
    valuesOf,
    endsOf: (instance: DesiredInstance) =>
      received.flatMap(({ frame }) => (isStale(frame, eventOf(instance, 'counter')) ? [frame] : [])),
    untilCounted: async (instance: DesiredInstance, more: number) => {
      const goal = valuesOf(instance, 'counter').length + more
      await until(`${goal} readings of ${instance.name}`, () => valuesOf(instance, 'counter').length >= goal)
    },
  }
  const running = starting.move()
  return { ...site, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

/** An instance of the test bench at 10 Hz, all its channels mapped. */
export function aDesired(overrides: Partial<DesiredInstance> = {}): DesiredInstance {
  return {
    instance: newId('plg'),
    name: 'Bench',
    plugin: 'bench',
    enabled: true,
    demo_mode: false,
    config: {},
    interval_ms: 100,
    channels: [
      { channel: 'counter', event: newId('evt'), direction: 'input', settings: {} },
      { channel: 'process', event: newId('evt'), direction: 'input', settings: {} },
    ],
    ...overrides,
  }
}

export function eventOf({ channels }: DesiredInstance, channel: string): EventId {
  const mapping = channels.find((one) => one.channel === channel)
  if (mapping === undefined || mapping.event === null) throw new Error(`channel ${channel} is not mapped`)
  return mapping.event
}

const isStale = ({ quality }: Frame, event: EventId): boolean => quality?.[event]?.includes('stale') === true

function environmentOf(
  { url, prefix }: TestBus,
  environment: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const { PATH = '' } = process.env
  return {
    PATH,
    ...ENVIRONMENT,
    NATS_URL: url,
    WEBMACS_BUS_PREFIX: prefix,
    ...environment,
  }
}

function listen(bus: Bus, received: ReceivedFrame[]): void {
  const validate = createValidator(FrameMessage, 'message')
  const { allReadings, allBacklog } = bus.names.subjects
  for (const [subject, lane] of [
    [allReadings, 'live'],
    [allBacklog, 'backlog'],
  ] as const) {
    bus.nc.subscribe(subject, {
      callback: (_err, message) => {
        const result = validate(message.json())
        if (!result.ok) throw new Error(JSON.stringify(result.errors))
        for (const frame of [result.value].flat()) received.push({ frame, lane })
      },
    })
  }
}
