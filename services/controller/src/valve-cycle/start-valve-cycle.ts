import { type Bucket, type Bus, openBucket } from '@webmacs/bus'
import {
  type CommandReport,
  controllerKeys,
  DesiredValveCycle,
  type EventId,
  type Micros,
  nowMicros,
  ReportedValveCycle,
} from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'
import type { CommandExecutor } from '../commands/command-executor.ts'
import type { CommandTarget } from '../commands/find-output.ts'
import type { FrameIntake } from '../frames/frame-intake.ts'
import type { SampleMessage } from '../plugin-host/messages.ts'
import { systemTimers } from '../plugin-host/timers.ts'
import { untilSettled } from '../supervision/waiting.ts'
import { ButtonEar } from './button-ear.ts'
import { CommandValves } from './command-valve.ts'
import { CycleReporter } from './cycle-reporter.ts'
import { ValveCycle } from './valve-cycle.ts'

export interface ValveCyclePartsOptions {
  readonly bus: Bus
  readonly controller: string
  readonly executor: Pick<CommandExecutor, 'execute' | 'makingSafe'>
  readonly instances: () => ReadonlyMap<string, CommandTarget>
  readonly intake: Pick<FrameIntake, 'takeOwn'>
  readonly skew: () => Micros
  readonly log: Logger
}

/** A valve that does not answer must not keep the controller from making its outputs safe. */
const STOP_DEADLINE_MS = 3000
const INTERRUPTED = 'The controller ended while the cycle ran. Nothing was resumed.'

/** The valve cycle with all that it hears, moves and tells. */
export class ValveCycleParts {
  readonly #options: ValveCyclePartsOptions
  readonly #valves: CommandValves
  readonly #cycle: ValveCycle
  readonly #ear: ButtonEar
  readonly #stopping = new AbortController()
  #reporter: CycleReporter | undefined
  #following: Promise<void> | undefined

  constructor(options: ValveCyclePartsOptions) {
    this.#options = options
    const { executor, log } = options
    const now = (): Micros => Math.floor(nowMicros() + options.skew())
    this.#valves = new CommandValves({
      execute: (request) => executor.execute(request),
      makeSafe: (instance, channel) => this.#makeSafe(instance, channel),
      now,
    })
    this.#cycle = new ValveCycle({
      valve: (output) => this.#valves.valve(output),
      resetButton: (button, time) => this.#resetButton(button, time),
      report: (state) => this.#reporter?.report(state),
      now,
      timers: systemTimers,
      log,
    })
    this.#ear = new ButtonEar({
      ...options,
      events: () => this.#cycle.events,
      hear: (value) => this.#cycle.hear(value),
    })
  }

  /** Takes over the cycle that is wanted now, and follows it. */
  async start(): Promise<void> {
    const { bus, controller, log } = this.#options
    const bucket = await openBucket(bus, bus.names.buckets.controllers, DesiredValveCycle)
    const states = await openBucket(bus, bus.names.buckets.controllers, ReportedValveCycle)
    this.#reporter = new CycleReporter({ bucket: states, controller, log })
    this.#reporter.start()
    const before = await states.get(controllerKeys.cycleState(controller))
    const isInterrupted = before !== undefined && before.phase !== 'idle'
    const wanted = await bucket.get(controllerKeys.cycle(controller))
    this.#ear.start()
    if (wanted !== undefined || before !== undefined) this.#cycle.apply(wanted, isInterrupted ? INTERRUPTED : null)
    this.#following = this.#follow(bucket)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#following
    await untilSettled(this.#cycle.stop(), AbortSignal.timeout(STOP_DEADLINE_MS))
    this.#ear.stop()
    await this.#reporter?.stop()
  }

  /** What a device of this controller read. @param channels channel → event */
  takeSample(sample: SampleMessage, channels: ReadonlyMap<string, EventId>): void {
    this.#ear.takeSample(sample, channels)
  }

  /** A command is in a new state. */
  hearCommand(report: CommandReport): void {
    this.#valves.hear(report)
  }

  /** The broker is back. */
  repeat(): void {
    this.#reporter?.repeat()
  }

  async #follow(bucket: Bucket<DesiredValveCycle>): Promise<void> {
    const { signal } = this.#stopping
    for await (const { value } of bucket.watch(controllerKeys.cycle(this.#options.controller), { signal }))
      this.#cycle.apply(value)
  }

  #makeSafe(instance: string, channel: string): void {
    this.#options.executor.makingSafe(instance, [channel])
    const reason = 'the valve cycle could not close the valve'
    this.#options
      .instances()
      .get(instance)
      ?.send({ type: 'safe', reason, channels: [channel] })
  }

  /** A button that is an output of one of our devices shows what the device has: that is set as well. */
  #resetButton(button: EventId, time: Micros): void {
    this.#options.intake.takeOwn(button, 0, time)
    for (const { desired } of this.#options.instances().values()) {
      const output = desired?.channels.find(({ event, direction }) => event === button && direction !== 'input')
      if (desired === undefined || output === undefined) continue
      // Its command says what becomes of it.
      void this.#valves.set({ event: button, instance: desired.instance, channel: output.channel }, 0).done
    }
  }
}
