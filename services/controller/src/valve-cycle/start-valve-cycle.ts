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
import { BackOff } from '../back-off.ts'
import type { CommandExecutor } from '../commands/command-executor.ts'
import type { CommandTarget } from '../commands/find-output.ts'
import type { FrameIntake } from '../frames/frame-intake.ts'
import type { SampleMessage } from '../plugin-host/messages.ts'
import { systemTimers } from '../plugin-host/timers.ts'
import { pause, untilSettled } from '../supervision/waiting.ts'
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
const RETRY = { firstMs: 500, maxMs: 10_000 }
const INTERRUPTED = 'The controller ended while the cycle ran. Nothing was resumed.'

/** The valve cycle with all that it hears, moves and tells. */
export class ValveCycleParts {
  readonly #options: ValveCyclePartsOptions
  readonly #valves: CommandValves
  readonly #cycle: ValveCycle
  readonly #ear: ButtonEar
  readonly #stopping = new AbortController()
  #reporter: CycleReporter | undefined
  #starting: Promise<void> | undefined
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

  /** To be called when the broker was reached: takes over the cycle that is wanted now, and follows it, as soon as the broker says which. */
  start(): void {
    this.#starting = this.#startUntilItWorks()
  }

  async #startUntilItWorks(): Promise<void> {
    const { signal } = this.#stopping
    const backOff = new BackOff(RETRY)
    while (!signal.aborted) {
      try {
        await this.#takeOver()
        return
      } catch (err) {
        const waitMs = backOff.nextMs()
        this.#options.log.warn({ event: 'valve-cycle.not-started', err, waitMs }, 'the valve cycle is not known yet')
        await pause(waitMs, signal)
      }
    }
  }

  async #takeOver(): Promise<void> {
    const { bus, controller, log } = this.#options
    const bucket = await openBucket(bus, bus.names.buckets.controllers, DesiredValveCycle)
    const states = await openBucket(bus, bus.names.buckets.controllers, ReportedValveCycle)
    const before = await states.get(controllerKeys.cycleState(controller))
    const isInterrupted = before !== undefined && before.phase !== 'idle'
    const wanted = await bucket.get(controllerKeys.cycle(controller))
    this.#reporter = new CycleReporter({ bucket: states, controller, log })
    this.#reporter.start()
    this.#ear.start()
    if (wanted !== undefined || before !== undefined) this.#cycle.apply(wanted, isInterrupted ? INTERRUPTED : null)
    this.#following = this.#follow(bucket)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#starting
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
