import type { Bus } from '@webmacs/bus'
import { InvalidMessageError, NoReplyError, request } from '@webmacs/bus'
import { AppError, CommandReport, type CommandRequest, formatTime, nowMicros } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import type { Logger } from '@webmacs/service-kit'
import type { Kysely } from 'kysely'
import type { Broker } from '../broker.ts'
import { type CommandRow, failureOf, progressOf } from './command-answer.ts'
import { type Order, readRow, recordOrder } from './command-store.ts'
import { type Ending, endRequested, recordReport } from './record-progress.ts'

export interface DispatcherOptions {
  readonly db: Kysely<Tables>
  readonly broker: Broker
  readonly log: Logger
}

/** When the controller has to answer even if it waits for a read-back, ms: whoever pressed a button wants to know within two seconds. */
const ANSWER_WITHIN_MS = 1800
/** What the way there and back, and a controller that is busy, may take beside, ms. */
const ON_THE_WAY_MS = 400
const LEAST_ANSWER_MS = 10

/** Hands commands to the controllers that own the outputs, and says what became of them. */
export class CommandDispatcher {
  readonly #options: DispatcherOptions

  constructor(options: DispatcherOptions) {
    this.#options = options
  }

  /**
   * Has an output set. Under an id that is known already nothing is done: what was recorded is the answer.
   * @returns the command, which its device has taken
   * @throws AppError `command.*`, `device.away`, `controller.away` when it has not; `command.exists`; `broker.unavailable` before
   * anything was done
   */
  async execute(order: Order): Promise<{ row: CommandRow; isReplay: boolean }> {
    const { bus } = this.#options.broker
    const { row: recorded, isNew } = await recordOrder(this.#options.db, order)
    if (!isNew) checkSame(recorded, order)
    const row = recorded.state === 'requested' ? await this.#carryOut(bus, recorded, { order, isNew }) : recorded
    const failure = failureOf(row)
    if (failure !== undefined) throw failure
    return { row, isReplay: !isNew }
  }

  async #carryOut(bus: Bus, row: CommandRow, { order, isNew }: { order: Order; isNew: boolean }): Promise<CommandRow> {
    const leftMs = (row.expires_on - nowMicros()) / 1000
    if (leftMs > 0) return await this.#ask(bus, row, { order, leftMs })
    // The one that asked first may still wait for the answer.
    return isNew ? await this.#end(row, EXPIRED) : row
  }

  /** Also for an order that was sent again: its first asker may have died, and a controller does nothing twice that has the same id. */
  async #ask(bus: Bus, row: CommandRow, { order, leftMs }: { order: Order; leftMs: number }): Promise<CommandRow> {
    const answerWithinMs = Math.max(LEAST_ANSWER_MS, Math.round(Math.min(leftMs, ANSWER_WITHIN_MS)))
    const message = requestOf(row, order, answerWithinMs)
    let report: CommandReport
    try {
      const timeoutMs = answerWithinMs + ON_THE_WAY_MS
      report = await request(bus, bus.names.subjects.commands(row.controller), message, CommandReport, { timeoutMs })
    } catch (err) {
      return await this.#end(row, this.#endingOf(err, row))
    }
    await this.#record(report)
    return { ...row, ...progressOf(report) }
  }

  #endingOf(err: unknown, { controller, public_id }: CommandRow): Ending {
    if (err instanceof NoReplyError) return noAnswer(controller)
    if (err instanceof InvalidMessageError) {
      this.#options.log.error(
        { event: 'command.answer-invalid', command: public_id, err },
        'controller answered nonsense',
      )
      return noAnswer(controller)
    }
    // Whether it did anything before it failed is not known; its report would say so.
    if (err instanceof AppError && err.code === 'internal') return noAnswer(controller)
    if (err instanceof AppError) return { state: 'refused', code: 'command.refused', detail: err.message }
    throw err
  }

  /** A report that got there first knows better. */
  async #end(row: CommandRow, ending: Ending): Promise<CommandRow> {
    const { db } = this.#options
    return (await endRequested(db, row.public_id, ending)) ?? (await readRow(db, row.public_id))
  }

  /** The history brings the same report: what was done is not called failed because it could not be written down now. */
  async #record(report: CommandReport): Promise<void> {
    try {
      await recordReport(this.#options.db, report)
    } catch (err) {
      this.#options.log.warn({ event: 'command.not-recorded', command: report.id, err }, 'answer could not be recorded')
    }
  }
}

const EXPIRED: Ending = {
  state: 'expired',
  code: 'command.expired',
  detail: 'The command came too late: it was not sent on.',
}

const noAnswer = (controller: string): Ending => ({
  state: 'timeout',
  code: 'controller.away',
  detail: `The controller '${controller}' does not answer.`,
})

/** @throws AppError `command.exists` */
function checkSame(row: CommandRow, { output, value, by }: Order): void {
  const isSame =
    row.actor_kind === by.kind &&
    row.actor_id === by.id &&
    row.instance_public_id === output.instance &&
    row.channel_id === output.channel &&
    row.value === value
  if (!isSame) throw new AppError('command.exists', { detail: `Command '${row.public_id}' is another one.` })
}

function requestOf(row: CommandRow, order: Order, answerWithinMs: number): CommandRequest {
  const { expectedPrevious } = order
  return {
    id: row.public_id,
    instance: row.instance_public_id,
    channel: row.channel_id,
    event: row.event_public_id,
    value: row.value,
    requested_by: { kind: row.actor_kind, id: row.actor_id, name: row.actor_name },
    requested_on: formatTime(row.requested_on),
    expires_at: formatTime(row.expires_on),
    answer_within_ms: answerWithinMs,
    ...(expectedPrevious !== undefined && { expected_previous: expectedPrevious }),
    ...(row.reason !== null && { reason: row.reason }),
  }
}
