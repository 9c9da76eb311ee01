import { setTimeout as delay } from 'node:timers/promises'
import type { Consumer, JsMsg } from '@nats-io/jetstream'
import { type Bus, parseJson, pullMessages } from '@webmacs/bus'
import { CommandReport } from '@webmacs/contracts'
import { createValidator } from '@webmacs/contracts/validation'
import { isAboutValues, type Tables } from '@webmacs/database'
import type { Logger } from '@webmacs/service-kit'
import type { Kysely } from 'kysely'
import type { ControllerStates } from '../plugins/controller-states.ts'
import { endAbandoned, recordReport } from './record-progress.ts'

interface HistoryOptions {
  readonly db: Kysely<Tables>
  readonly bus: Bus
  /** Knows the names of channels that are not mapped. */
  readonly states: ControllerStates
  readonly log: Logger
}

const AT_ONCE = 64
const RETRY_MS = 1000
const SWEEP_MS = 60_000

/**
 * Writes down what controllers report of commands. Instances of this service share one durable, so that each report comes to one of them, and
 * again when that one did not get it into the database.
 */
export class CommandHistory {
  readonly #options: HistoryOptions
  readonly #validate = createValidator(CommandReport, 'report')
  #running: Promise<void> | undefined
  #sweeping: NodeJS.Timeout | undefined

  constructor(options: HistoryOptions) {
    this.#options = options
  }

  /** Works until the signal fires. */
  start(signal: AbortSignal): void {
    this.#running = this.#run(signal)
    this.#sweeping = setInterval(() => void this.#sweep(), SWEEP_MS)
    void this.#sweep()
  }

  async stopped(): Promise<void> {
    clearInterval(this.#sweeping)
    await this.#running
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { bus, log } = this.#options
    let consumer: Consumer | undefined
    while (!signal.aborted) {
      try {
        consumer ??= await bus.js.consumers.get(bus.names.streams.commands, bus.names.durables.commandHistory)
        await pullMessages(consumer, { maxMessages: AT_ONCE, signal }, (message) => this.#take(message))
      } catch (err) {
        if (signal.aborted || bus.nc.isClosed()) return
        consumer = undefined
        log.warn({ event: 'command-history.pull-failed', err }, 'reports could not be fetched, trying again')
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined) // an abort ends the loop
      }
    }
  }

  async #take(message: JsMsg): Promise<void> {
    const { db, bus, states, log } = this.#options
    const report = this.#validate(parseJson(message.data))
    if (!report.ok) {
      log.warn({ event: 'command-report.invalid', subject: message.subject, errors: report.errors }, 'report is none')
      message.ack()
      return
    }
    const { id, controller, instance, channel } = report.value
    if (message.subject !== bus.names.subjects.commandReports(controller)) {
      log.warn({ event: 'command-report.foreign', subject: message.subject, controller }, 'report speaks for another')
      message.ack()
      return
    }
    try {
      const described = states.report(controller, instance)?.channels.find((one) => one.id === channel)
      await recordReport(db, report.value, described)
      message.ack()
    } catch (err) {
      if (isAboutValues(err)) {
        log.warn({ event: 'command-report.unstorable', command: id, err }, 'report cannot be stored')
        message.ack()
        return
      }
      log.warn({ event: 'command-report.not-stored', command: id, err }, 'report not stored yet, it comes again')
      message.nak(RETRY_MS)
    }
  }

  async #sweep(): Promise<void> {
    try {
      await endAbandoned(this.#options.db)
    } catch (err) {
      this.#options.log.warn({ event: 'commands.sweep-failed', err }, 'abandoned commands could not be ended')
    }
  }
}
