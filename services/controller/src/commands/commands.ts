import { join } from 'node:path'
import { type Bus, type Responder, respond } from '@webmacs/bus'
import { type CommandReport, CommandRequest, type Micros, nowMicros } from '@webmacs/contracts'
import type { Logger, Metrics } from '@webmacs/service-kit'
import { systemTimers } from '../plugin-host/timers.ts'
import { CommandExecutor } from './command-executor.ts'
import { CommandMemory } from './command-memory.ts'
import { createCommandMetrics } from './command-metrics.ts'
import type { CommandTarget } from './find-output.ts'
import { ReportTeller } from './report-teller.ts'

export interface CommandsOptions {
  readonly bus: Bus
  readonly controller: string
  /** What this controller keeps. */
  readonly folder: string
  readonly find: (instance: string) => CommandTarget | undefined
  readonly isHeldSafe: (instance: string, channel: string) => boolean
  readonly skew: () => Micros
  readonly metrics: Metrics
  readonly log: Logger
}

const PRUNE_INTERVAL_MS = 3_600_000

/** All that a controller does about commands: takes, does, remembers and tells them. */
export class Commands {
  readonly executor: CommandExecutor
  readonly #options: CommandsOptions
  readonly #memory: CommandMemory
  readonly #teller: ReportTeller
  readonly #listeners = new Set<(report: CommandReport) => void>()
  #responder: Responder | undefined
  #pruning: NodeJS.Timeout | undefined

  constructor(options: CommandsOptions) {
    this.#options = options
    const { bus, controller, folder, find, isHeldSafe, skew, metrics, log } = options
    const counted = createCommandMetrics(metrics)
    this.#memory = CommandMemory.open(join(folder, 'commands.db'), log)
    this.#teller = new ReportTeller({ bus, controller, memory: this.#memory, log })
    this.executor = new CommandExecutor({
      controller,
      find,
      memory: this.#memory,
      now: nowMicros,
      uptimeMs: () => performance.now(),
      isHeldSafe,
      skew,
      timers: systemTimers,
      log,
      changed: (report) => {
        counted.changed(report)
        this.#teller.tell(report)
        for (const listener of this.#listeners) listener(report)
      },
      wrote: counted.wrote,
    })
  }

  /** Tells what a controller before this one could not; takes no commands yet. */
  start(): void {
    this.executor.resume()
    this.#teller.start()
    this.#memory.prune(nowMicros())
    this.#pruning = setInterval(() => this.#prune(), PRUNE_INTERVAL_MS)
  }

  /** From now on commands are taken. */
  open(): void {
    const { bus, controller } = this.#options
    this.#responder = respond(bus, bus.names.subjects.commands(controller), CommandRequest, (request) =>
      this.executor.execute(request),
    )
  }

  /** Takes no more; who waits is answered with how things are. */
  async shut(): Promise<void> {
    this.executor.answerNow()
    await this.#responder?.stop()
  }

  /** To be called when the devices are at rest. */
  async stop(): Promise<void> {
    clearInterval(this.#pruning)
    await this.#teller.stop()
    this.#memory.close()
  }

  /** Calls the listener with each new state of each command from now on. */
  onChange(listener: (report: CommandReport) => void): void {
    this.#listeners.add(listener)
  }

  /** The broker is back. */
  tellAgain(): void {
    this.#teller.wake()
  }

  /** Last confirmed setpoints, channel → value. */
  setpoints(instance: string): Readonly<Record<string, number>> {
    return this.#memory.setpoints(instance)
  }

  #prune(): void {
    try {
      this.#memory.prune(nowMicros())
    } catch (err) {
      this.#options.log.error({ event: 'commands.not-pruned', err }, 'memory of commands cannot be written')
    }
  }
}
