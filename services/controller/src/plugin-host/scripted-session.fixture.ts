import {
  type Channel,
  type ChannelDefinition,
  type DeviceContext,
  DevicePlugin,
  type DeviceReadings,
  definePlugin,
  NO_CONFIG,
} from '@webmacs/plugin-sdk'
import { createTestDevice } from '@webmacs/plugin-sdk/testing'
import { BackOff } from '../back-off.ts'
import { FakeTime } from '../testing/fake-time.ts'
import { DeviceSession, type DeviceSessionOptions } from './device-session.ts'
import type { ChannelPlan, InstancePlan } from './messages.ts'

type Sent = Parameters<DeviceSessionOptions['send']>[0]

/** What a device does; each test changes what it is about. */
export interface Script {
  connect: (signal: AbortSignal) => Promise<void>
  read: (channels: readonly string[], signal: AbortSignal) => Promise<DeviceReadings>
  write: (channel: string, value: number, signal: AbortSignal) => Promise<number | undefined>
  watchdogMs: number | undefined
}

/** A device that does what its script says, and notes what it was asked. */
export class ScriptedDevice extends DevicePlugin {
  readonly #script: Script
  readonly #calls: string[]

  constructor(context: DeviceContext<unknown>, script: Script, calls: string[]) {
    super(context)
    this.#script = script
    this.#calls = calls
  }

  protected override connectDevice(signal: AbortSignal): Promise<void> {
    this.#calls.push('connect')
    return this.#script.connect(signal)
  }

  protected override async disconnectDevice(): Promise<void> {
    this.#calls.push('disconnect')
  }

  protected override readDevice(channels: readonly Channel[], signal: AbortSignal): Promise<DeviceReadings> {
    const ids = channels.map(({ id }) => id)
    this.#calls.push(`read ${ids.join('+')}`)
    return this.#script.read(ids, signal)
  }

  protected override writeDevice({ id }: Channel, raw: number, signal: AbortSignal): Promise<number | undefined> {
    this.#calls.push(`${id}=${raw}`)
    return this.#script.write(id, raw, signal)
  }

  protected override get watchdogMs(): number | undefined {
    return this.#script.watchdogMs
  }

  protected override async feedDevice(): Promise<void> {
    this.#calls.push('feed')
  }

  override push(answer: DeviceReadings, ageMs?: number): void {
    super.push(answer, ageMs)
  }

  override lost(err: Error): void {
    super.lost(err)
  }
}

export const aPlan = (
  intervalMs: number,
  channels: readonly (Partial<ChannelPlan> & { channel: string })[],
): InstancePlan => ({
  intervalMs,
  channels: channels.map((plan) => ({
    ...{ isMapped: true, intervalMs: undefined, deadband: undefined, maxSilenceMs: undefined },
    ...{ calibration: undefined, output: undefined, ...plan },
  })),
})

export interface SessionFixtureOptions {
  readonly channels: readonly ChannelDefinition[]
  /** Default: nothing is mapped. */
  readonly plan?: InstancePlan
  readonly demoMode?: boolean
  readonly setpoints?: Readonly<Record<string, number>>
  readonly script?: Partial<Script>
}

/** A session with a scripted device in time that passes when a test says so. Connected, unless the script keeps it from that. */
export async function aSession({
  channels,
  plan = aPlan(1000, []),
  demoMode = false,
  setpoints = {},
  script: changes = {},
}: SessionFixtureOptions) {
  const time = new FakeTime()
  const calls: string[] = []
  const sent: Sent[] = []
  const script: Script = {
    connect: async () => undefined,
    read: async (ids) => Object.fromEntries(ids.map((id) => [id, 42])),
    write: async () => undefined,
    watchdogMs: undefined,
    ...changes,
  }
  let device: ScriptedDevice | undefined
  const plugin = definePlugin({
    meta: { id: 'scripted', name: 'Scripted', version: '1.0.0' },
    configSchema: NO_CONFIG,
    channels: () => channels,
    create: (context) => {
      device = new ScriptedDevice(context, script, calls)
      return device
    },
  })
  let hung = 0
  const note = (): void => undefined
  const session = new DeviceSession({
    device: await createTestDevice(plugin, { demoMode }),
    plan,
    setpoints,
    deadlines: { connectMs: 5000, readMs: 3000, stopMs: 2000 },
    backOff: new BackOff({ firstMs: 1000, maxMs: 60_000, random: () => 0 }),
    now: time.now,
    timers: time,
    log: { debug: note, info: note, warn: note, error: note },
    send: (message) => void sent.push(message),
    hung: () => {
      hung += 1
    },
  })
  if (device === undefined) throw new Error('no device')
  session.start()
  await time.advance(0)
  return {
    ...{ session, device, time, calls, sent, script },
    hung: () => hung,
    samples: () => sent.flatMap((message) => (message.type === 'sample' ? message.instants : [])),
    /** Values of a channel in order, null where bad. */
    valuesOf: (channel: string) =>
      sent
        .flatMap((message) => (message.type === 'sample' ? message.instants : []))
        .flatMap(({ readings }) => readings.filter((one) => one.channel === channel).map(({ value }) => value)),
    /** What was said of commands: the type, or the state that was verified, and what belongs to it. */
    said: () => sent.flatMap(wordsOf),
    madeSafe: () => sent.flatMap((message) => (message.type === 'made-safe' ? [message] : [])),
  }
}

function wordsOf(message: Sent): string[] {
  if (message.type === 'written') return [`${message.command} written ${message.previous} → ${message.written}`]
  if (message.type === 'write-failed') return [`${message.command} ${message.reason}: ${message.message}`]
  if (message.type === 'verified') return [`${message.command} ${message.state} ${message.readback}`]
  return []
}

export const never = <T>(): Promise<T> => Promise.withResolvers<T>().promise
