import { type Bus, onceReached } from '@webmacs/bus'
import type { CommandReport } from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'
import { BackOff } from '../back-off.ts'
import { pause, untilSettled } from '../supervision/waiting.ts'
import type { CommandMemory } from './command-memory.ts'

export interface ReportTellerOptions {
  readonly bus: Bus
  readonly controller: string
  readonly memory: Pick<CommandMemory, 'untold' | 'markTold'>
  readonly log: Pick<Logger, 'warn'>
}

const ACK_TIMEOUT_MS = 5000
const STOP_DEADLINE_MS = 1000
const RETRY = { firstMs: 250, maxMs: 15_000 }

/**
 * Tells what becomes of commands, the newest state of each, for as long as it takes until the broker has it; what a controller before this
 * one left untold comes first. A report may be told twice, and then says the same.
 */
export class ReportTeller {
  readonly #options: ReportTellerOptions
  readonly #untold = new Map<string, CommandReport>()
  readonly #stopping = new AbortController()
  #woken = Promise.withResolvers<void>()
  #running: Promise<void> | undefined
  #stopWaiting: (() => void) | undefined

  constructor(options: ReportTellerOptions) {
    this.#options = options
  }

  start(): void {
    for (const report of this.#options.memory.untold()) this.#untold.set(report.id, report)
    this.#stopWaiting = onceReached(this.#options.bus, () => this.wake())
    this.#running = this.#run()
  }

  tell(report: CommandReport): void {
    this.#untold.set(report.id, report)
    this.wake()
  }

  /** To be called when the broker is back. */
  wake(): void {
    this.#woken.resolve()
  }

  /** Tells what is untold once more, if the broker listens; the rest is told after the next start. */
  async stop(): Promise<void> {
    this.#stopWaiting?.()
    this.#stopping.abort()
    this.wake()
    await untilSettled(this.#tellTheRest(), AbortSignal.timeout(STOP_DEADLINE_MS))
  }

  async #tellTheRest(): Promise<void> {
    await this.#running
    try {
      await this.#tellAll()
    } catch (err) {
      this.#options.log.warn({ event: 'commands.not-told', err, commands: this.#untold.size }, 'commands stay untold')
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    const backOff = new BackOff(RETRY)
    while (!signal.aborted) {
      await this.#woken.promise
      this.#woken = Promise.withResolvers()
      try {
        if (!signal.aborted) await this.#tellAll()
        backOff.reset()
      } catch (err) {
        const waitMs = backOff.nextMs()
        this.#options.log.warn({ event: 'commands.tell-failed', err, waitMs }, 'command could not be told')
        await untilSettled(Promise.race([this.#woken.promise, pause(waitMs, signal)]), signal)
        this.wake()
      }
    }
  }

  async #tellAll(): Promise<void> {
    const { bus, controller, memory } = this.#options
    if (bus.status() === 'connecting') return // it is woken by the first connection
    const subject = bus.names.subjects.commandReports(controller)
    for (const report of this.#untold.values()) {
      // No message id: a broker that lost its disk would still call it a duplicate.
      await bus.js.publish(subject, JSON.stringify(report), { timeout: ACK_TIMEOUT_MS })
      memory.markTold(report)
      if (this.#untold.get(report.id) === report) this.#untold.delete(report.id)
    }
  }
}
