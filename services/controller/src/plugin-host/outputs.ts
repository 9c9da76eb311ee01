import type { PlannedChannel } from './channel-plans.ts'
import type { WriteRequest } from './messages.ts'
import { Output, type OutputContext } from './output.ts'
import { OutputWriter } from './output-writer.ts'
import { applyValues, type WantedValue } from './safe-values.ts'

export interface OutputsOptions extends OutputContext {
  /** Channel → the setpoint that was confirmed last. */
  readonly setpoints: Readonly<Record<string, number>>
}

/** What could not be made safe is tried again after so long, while the device stays connected. */
const RETRY_MS = 2000
/** For the controller, which makes outputs safe when their grace time is over. */
const GRACE_SLACK_MS = 2000

/**
 * The outputs of a device. One thing at a time happens to each of them: commands one after another, and none is allowed to end after the
 * output was made safe. Nothing is written but commands, safe values, and what policies say for the start.
 */
export class Outputs {
  readonly #options: OutputsOptions
  readonly #outputs: ReadonlyMap<string, Output>
  readonly #writer: OutputWriter
  /** By the clock that is never set. */
  #contactLostMs: number | undefined
  #cancelRetry: (() => void) | undefined

  constructor(options: OutputsOptions, planned: ReadonlyMap<string, PlannedChannel>) {
    this.#options = options
    this.#writer = new OutputWriter(options)
    this.#outputs = new Map(
      [...planned].flatMap(([id, { channel, output }]) =>
        output === undefined ? [] : [[id, new Output(channel, output, options.setpoints[id])] as const],
      ),
    )
  }

  change(planned: ReadonlyMap<string, PlannedChannel>): void {
    for (const [id, output] of this.#outputs) {
      const plan = planned.get(id)?.output ?? output.plan
      if (plan.safeValue !== output.plan.safeValue) output.isSafe = false
      output.plan = plan
    }
  }

  /** Brings outputs to what their policies say for a device that was just connected, which comes before anything else. */
  async applyStart(): Promise<void> {
    // It may have forgotten everything.
    for (const output of this.#outputs.values()) output.isSafe = false
    const { stopMs } = this.#options.deadlines
    const given = this.#wanted(startValueOf)
    await this.#apply('the device was connected', given, stopMs)
    const wasSafe = new Set(given.flatMap(({ output, value }) => (value === output.plan.safeValue ? [output] : [])))
    const askedSince = this.#wanted(owedValueOf).filter(({ output }) => !wasSafe.has(output))
    await this.#apply(OWED, askedSince, stopMs)
  }

  /** From now on commands are written. */
  open(): void {
    this.#writer.open()
    this.#retryLater()
  }

  /** Commands fail from now on; what is being written is given up, what was awaited is not known any more. */
  close(): void {
    this.#cancelRetry?.()
    this.#cancelRetry = undefined
    this.#writer.close()
    for (const output of this.#outputs.values()) output.endVerification()
  }

  /** Writes a command's value, and sends what became of it. Never rejects. */
  async write(request: WriteRequest): Promise<void> {
    const output = this.#outputs.get(request.channel)
    if (output !== undefined) return this.#writer.write(output, request)
    this.#writer.refuse(request, 'failed', `there is no output "${request.channel}"`)
  }

  /** Sets outputs to their safe values while the device is connected; those that have none stay. Always answers, never rejects. */
  async makeSafe(reason: string, only: readonly string[] | undefined): Promise<void> {
    const { deadlines, now, send } = this.#options
    const wanted = this.#wanted(({ channel, plan }) =>
      only === undefined || only.includes(channel.id) ? plan.safeValue : undefined,
    )
    for (const { output } of wanted) {
      output.setpoint = undefined
      output.owesSafe = true
    }
    if (this.#writer.isOpen) {
      await applyValues(this.#options, wanted, { reason, budgetMs: deadlines.stopMs })
      this.#retryLater()
      return
    }
    const failed = wanted.map(({ output }) => ({ channel: output.channel.id, message: 'the device is not connected' }))
    send({ type: 'made-safe', reason, time: now(), applied: [], failed })
  }

  /** The instance ends: sets outputs to their safe values as far as the device still takes them. */
  async applyStop(budgetMs: number): Promise<void> {
    await this.#apply(
      'the instance ends',
      this.#wanted(({ plan }) => plan.safeValue),
      budgetMs,
    )
  }

  /** The device is given up, to be connected anew: what would become safe then becomes so now, as far as it still can. */
  async applyLoss(budgetMs: number): Promise<void> {
    const wanted = this.#wanted(({ plan, owesSafe }) =>
      plan.onStart === 'safe' || owesSafe ? plan.safeValue : undefined,
    )
    await this.#apply('the device was lost', wanted, budgetMs)
  }

  /** Whether the controller has contact to its server. */
  setContact(hasContact: boolean): void {
    if (hasContact) this.#contactLostMs = undefined
    else this.#contactLostMs ??= this.#options.timers.uptimeMs()
  }

  /**
   * Whether the device's own watchdog should stay quiet. Not when an output was to be made safe and could not be, nor when contact has been
   * lost for longer than an output may be held and nobody made it safe: then the device has to help itself. An output that is held on
   * purpose, or is safe already, is no reason: the device stays usable.
   */
  mayFeedWatchdog(): boolean {
    const nowMs = this.#options.timers.uptimeMs()
    const lostForMs = nowMs - (this.#contactLostMs ?? nowMs)
    return [...this.#outputs.values()].every(({ plan, owesSafe, isSafe }) => {
      if (owesSafe) return false
      if (plan.safeValue === undefined || plan.graceMs === undefined || isSafe) return true
      return lostForMs <= plan.graceMs + GRACE_SLACK_MS
    })
  }

  /** Nobody may be there to notice that an output was not made safe, and to ask again. */
  #retryLater(): void {
    const isOwed = this.#wanted(owedValueOf).length > 0
    if (!isOwed || !this.#writer.isOpen || this.#cancelRetry !== undefined) return
    this.#cancelRetry = this.#options.timers.after(RETRY_MS, () => void this.#retry())
  }

  async #retry(): Promise<void> {
    this.#cancelRetry = undefined
    await this.#apply(OWED, this.#wanted(owedValueOf), this.#options.deadlines.stopMs)
    this.#retryLater()
  }

  #wanted(choose: (output: Output) => number | undefined): WantedValue[] {
    return [...this.#outputs.values()].flatMap((output) => {
      const value = choose(output)
      return value === undefined ? [] : [{ output, value }]
    })
  }

  async #apply(reason: string, wanted: readonly WantedValue[], budgetMs: number): Promise<void> {
    if (wanted.length > 0) await applyValues(this.#options, wanted, { reason, budgetMs })
  }
}

const OWED = 'it could not be made safe before'

const owedValueOf = ({ plan, owesSafe }: Output): number | undefined => (owesSafe ? plan.safeValue : undefined)

/** What an output is given when its device is connected; undefined: it stays as it is. */
function startValueOf({ plan, setpoint, owesSafe }: Output): number | undefined {
  if (owesSafe) return plan.safeValue
  if (plan.onStart === 'hold') return undefined
  if (plan.onStart === 'safe' || setpoint === undefined) return plan.safeValue
  return Math.min(Math.max(setpoint, plan.min), plan.max)
}
