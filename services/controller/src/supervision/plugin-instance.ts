import type { ChannelDescription, DesiredInstance, EventId, InstanceStatus, ReportedInstance } from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'
import { BackOff } from '../back-off.ts'
import type { PluginCatalogue } from '../inventory/plugin-catalogue.ts'
import type {
  BeatMessage,
  ControllerMessage,
  DeviceDeadlines,
  HostMessage,
  OutputMessage,
  SampleMessage,
  StateMessage,
} from '../plugin-host/messages.ts'
import { eventsOf, needsNewProcess, planOf, planStart, readEventsOf, type StartPlan } from './desired-changes.ts'
import { type HostEnd, HostProcess, type HostSettings } from './host-process.ts'
import { pause, untilAborted, untilSettled } from './waiting.ts'

/** How an instance is, apart from when. */
export type InstanceReport = Omit<ReportedInstance, 'updated_on'>

export interface InstanceObserver {
  /** undefined: the instance is wanted no more, and gone. */
  reported(instance: string, report: InstanceReport | undefined): void
  sampled(instance: string, sample: SampleMessage, events: ReadonlyMap<string, EventId>): void
  /** Nobody reads these events any more: their last values may not be true. Called once for all that was sampled before. */
  ended(instance: string, events: ReadonlyMap<string, EventId>): void
  /** These events are read from none of its channels any more, while it goes on. */
  unmapped(instance: string, events: readonly EventId[]): void
  /** What its process says of outputs that were set, and of what all channels show. */
  answered(instance: string, message: OutputMessage): void
  /** Its process is gone: nothing that it was asked will be answered. */
  silenced(instance: string): void
  /** Last confirmed setpoints, channel → value. */
  setpoints(instance: string): Readonly<Record<string, number>>
  /** Its process said for the first time how its device is; or ended before that, for this reason. */
  started(instance: string, plugin: string, end: HostEnd | undefined): void
  beat(instance: string, beat: BeatMessage): void
  restarted(instance: string): void
}

export interface PluginInstanceOptions {
  readonly id: string
  readonly catalogue: PluginCatalogue
  readonly hosts: HostSettings
  readonly deadlines: DeviceDeadlines
  readonly restart: { readonly firstMs: number; readonly maxMs: number }
  readonly observer: InstanceObserver
  readonly log: Logger
}

/** What is wanted, until something that needs another process is wanted instead. */
interface Wanted {
  desired: DesiredInstance | undefined
  readonly replaced: AbortController
}

/**
 * Keeps one plugin instance as it is wanted: its process started, watched, started again for ever when it ends, and ended in order when it
 * is not wanted any more. One process at a time: the next one starts when the last one has let go of the device.
 */
export class PluginInstance {
  readonly #options: PluginInstanceOptions
  #wanted: Wanted = { desired: undefined, replaced: new AbortController() }
  #events: ReadonlyMap<string, EventId> = new Map()
  #channels: ChannelDescription[] = []
  #host: HostProcess | undefined
  #restarts = 0
  /** Whether its process has said how its device is. */
  #isUp = false
  /** Whether values are out that count as true. At first: a controller that was killed could not take its own back. */
  #valuesStand = true
  #closing = false
  readonly #running: Promise<void>

  constructor(options: PluginInstanceOptions, desired: DesiredInstance) {
    this.#options = options
    this.#want(desired)
    this.#running = this.#run()
  }

  /** The process that runs the instance now; undefined while there is none. */
  get pid(): number | undefined {
    return this.#host?.pid
  }

  /** @param desired undefined: the instance is removed */
  update(desired: DesiredInstance | undefined): void {
    const { desired: before } = this.#wanted
    if (before === undefined || desired === undefined || needsNewProcess(before, desired)) {
      this.#want(desired)
      return
    }
    this.#wanted.desired = desired
    this.#events = eventsOf(desired)
    this.#host?.send({ type: 'plan', plan: planOf(desired) })
    const kept = new Set(this.#events.values())
    const gone = [...readEventsOf(this.#ofDevice(before)).values()].filter((event) => !kept.has(event))
    if (gone.length > 0 && this.#valuesStand) this.#options.observer.unmapped(this.#options.id, gone)
  }

  get isUp(): boolean {
    return this.#isUp
  }

  /** Starts it anew, perhaps with another version of its plugin. Resolves when the process that ran it is gone. */
  async restart(): Promise<void> {
    const host = this.#host
    this.#want(this.#wanted.desired)
    await host?.ended
  }

  /** What is wanted of it now; undefined when it is removed. */
  get desired(): DesiredInstance | undefined {
    return this.#wanted.desired
  }

  /** Its channels, as its device last said. */
  get channels(): readonly ChannelDescription[] {
    return this.#channels
  }

  /** @returns false when there is no process that could hear it */
  send(message: ControllerMessage): boolean {
    if (this.#host === undefined) return false
    this.#host.send(message)
    return true
  }

  /** Ends the process in order; the instance counts as inactive then. */
  async close(): Promise<void> {
    this.#closing = true
    this.#wanted.replaced.abort()
    await this.#running
    if (this.#wanted.desired !== undefined) this.#report(this.#wanted.desired, 'inactive', null)
  }

  #want(desired: DesiredInstance | undefined): void {
    const before = this.#wanted
    this.#wanted = { desired, replaced: new AbortController() }
    this.#events = desired === undefined ? new Map() : eventsOf(desired)
    before.replaced.abort()
  }

  async #run(): Promise<void> {
    while (!this.#closing) await this.#serve(this.#wanted)
  }

  /** Until something else is wanted. */
  async #serve(wanted: Wanted): Promise<void> {
    const { desired } = wanted
    const { signal } = wanted.replaced
    if (desired === undefined) {
      this.#options.observer.reported(this.#options.id, undefined)
      return untilAborted(signal)
    }
    if (!desired.enabled) {
      this.#report(desired, 'inactive', null)
      return untilAborted(signal)
    }
    const plan = planStart(desired, this.#options.catalogue, this.#options.deadlines)
    if (!plan.ok) {
      this.#options.log.warn({ event: 'plugin-instance.unusable', reason: plan.problem }, 'instance cannot be started')
      this.#report(desired, 'error', plan.problem)
      return untilAborted(signal)
    }
    await this.#keepRunning(wanted, plan, signal)
  }

  async #keepRunning(wanted: Wanted, plan: Extract<StartPlan, { ok: true }>, signal: AbortSignal): Promise<void> {
    const { restart, log, observer, id } = this.#options
    const backOff = new BackOff(restart)
    while (!signal.aborted) {
      const startedMs = performance.now()
      const end = await this.#runProcess(wanted, plan, signal)
      if (signal.aborted) return
      if (performance.now() - startedMs > restart.maxMs) backOff.reset()
      const waitMs = backOff.nextMs()
      this.#restarts += 1
      observer.restarted(id)
      log.warn({ event: 'plugin-host.ended', reason: end, waitMs }, 'plugin process ended, starting it again')
      if (wanted.desired !== undefined) this.#report(wanted.desired, 'error', `The plugin's process ${end}`)
      await pause(waitMs, signal)
    }
  }

  /** @returns why the process ended */
  async #runProcess(wanted: Wanted, plan: Extract<StartPlan, { ok: true }>, signal: AbortSignal): Promise<string> {
    const { hosts, log } = this.#options
    const host = new HostProcess({ settings: hosts, log, onMessage: (message) => this.#receive(wanted, message) })
    this.#host = host
    log.info({ event: 'plugin-host.started', pid: host.pid }, 'plugin process started')
    // The mapping may have changed while the process before was ending.
    const newest = wanted.desired === undefined ? plan.start.plan : planOf(wanted.desired)
    host.send({ ...plan.start, plan: newest, setpoints: this.#options.observer.setpoints(this.#options.id) })
    await untilSettled(host.ended, signal)
    if (signal.aborted) await host.stop()
    const end = await host.ended
    this.#takeValuesBack(wanted)
    this.#host = undefined
    if (!this.#isUp && !signal.aborted) this.#options.observer.started(this.#options.id, plan.start.plugin, end)
    this.#isUp = false
    this.#options.observer.silenced(this.#options.id)
    return end
  }

  #takeValuesBack({ desired }: Wanted): void {
    if (desired === undefined || !this.#valuesStand) return
    this.#valuesStand = false
    this.#options.observer.ended(this.#options.id, readEventsOf(this.#ofDevice(desired)))
  }

  /** Without channels that the device does not have: their values come from elsewhere, and stand. Before it said which it has: all. */
  #ofDevice(desired: DesiredInstance): DesiredInstance {
    const existing = new Set(this.#channels.map(({ id }) => id))
    if (existing.size === 0) return desired
    return { ...desired, channels: desired.channels.filter(({ channel }) => existing.has(channel)) }
  }

  #receive(wanted: Wanted, message: Exclude<HostMessage, { type: 'log' }>): void {
    const { id, observer } = this.#options
    // What became of its outputs is true also while it is being ended.
    if (isOfOutputs(message)) {
      observer.answered(id, message)
      return
    }
    if (wanted.desired === undefined || wanted !== this.#wanted) return
    switch (message.type) {
      case 'sample':
        this.#valuesStand = true
        observer.sampled(id, message, this.#events)
        return
      case 'beat':
        observer.beat(id, message)
        return
      case 'state':
        this.#channels = message.channels
        if (!this.#isUp) observer.started(id, wanted.desired.plugin, undefined)
        this.#isUp = true
        this.#report(wanted.desired, statusOf(message), message.message)
        return
      case 'failed': // its end follows, with this reason
      case 'described':
      case 'probed':
        return
    }
  }

  #report({ instance }: DesiredInstance, status: InstanceStatus, errorMessage: string | null): void {
    this.#options.observer.reported(this.#options.id, {
      instance,
      status,
      error_message: errorMessage,
      channels: this.#channels,
      restarts: this.#restarts,
    })
  }
}

function isOfOutputs(message: HostMessage): message is OutputMessage {
  switch (message.type) {
    case 'written':
    case 'write-failed':
    case 'verified':
    case 'made-safe':
    case 'values':
      return true
    default:
      return false
  }
}

function statusOf({ state, demo }: StateMessage): InstanceStatus {
  if (state === 'error') return 'error'
  if (state === 'connecting') return 'inactive'
  return demo ? 'demo' : 'connected'
}
