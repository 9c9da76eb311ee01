import {
  type Channel,
  type DevicePlugin,
  GOOD,
  hasPluginErrorCode,
  type PluginLog,
  type Reading,
  SIMULATED,
} from '@webmacs/plugin-sdk'
import { errorText } from '../error-text.ts'
import { type PlannedChannel, type PlannedOutput, saysItsValue } from './channel-plans.ts'
import { callDevice, type DeviceCall, heedsItsSignal, StoppedError } from './device-call.ts'
import type { DeviceDeadlines, MadeSafeMessage, OutputMessage, VerifiedMessage, WriteRequest } from './messages.ts'
import { NEVER, type Timers, wait } from './timers.ts'
import { isWithin, verify } from './verification.ts'

export interface OutputsOptions {
  readonly device: Pick<DevicePlugin<unknown>, 'demoMode' | 'write' | 'read' | 'applySafeState'>
  readonly deadlines: DeviceDeadlines
  /** Channel → the setpoint that was confirmed last. */
  readonly setpoints: Readonly<Record<string, number>>
  /** Micros. */
  readonly now: () => number
  readonly timers: Timers
  readonly log: PluginLog
  readonly send: (message: OutputMessage) => void
  /** An output has this value now: it was written, or the device said so. */
  readonly showed: (reading: Reading, time: number) => void
  /** What a pushed channel said last, if it said something since. */
  readonly pushedSince: (channel: string, time: number) => number | undefined
  readonly lost: (err: unknown) => void
  /** The driver heeds nothing any more; its process has to go. */
  readonly hung: () => void
}

type Applied = MadeSafeMessage['applied'][number]
type Failed = MadeSafeMessage['failed'][number]

/** One output as this process knows it. */
class Output {
  readonly channel: Channel
  plan: PlannedOutput
  /** Value it was set to last, or said to have. */
  known: number | undefined
  /** The last one that was confirmed; none since it was made safe on request. */
  setpoint: number | undefined
  /** Whether what was written last is its safe value. */
  isSafe = false
  /** It was to be made safe and could not be: it will be when its device is connected again, whatever its policy says then. */
  owesSafe = false
  /** Rises when it is made safe: commands from before are not written any more. */
  safes = 0
  /** Resolves when the driver has ended all that it was asked for this output. */
  tail: Promise<void> = Promise.resolve()
  writing: AbortController | undefined
  verifying: AbortController | undefined

  constructor(channel: Channel, plan: PlannedOutput, setpoint: number | undefined) {
    this.channel = channel
    this.plan = plan
    this.setpoint = setpoint
  }

  tookSafe(value: number): void {
    this.known = value
    this.isSafe = value === this.plan.safeValue
    this.owesSafe = false
  }

  /** Whatever is written, or waits to be, is given up. */
  giveWay(): void {
    this.safes += 1
    this.isSafe = false
    this.writing?.abort()
    this.endVerification()
  }

  endVerification(): void {
    this.verifying?.abort()
    this.verifying = undefined
  }
}

/**
 * The outputs of a device. One thing at a time happens to each of them: commands one after another, and none is allowed to end after the
 * output was made safe. Nothing is written but commands and safe values.
 */
export class Outputs {
  readonly #options: OutputsOptions
  readonly #outputs: ReadonlyMap<string, Output>
  /** As long as the device may be written to; undefined while it is not connected. */
  #open: AbortController | undefined
  #contactLostAt: number | undefined

  constructor(options: OutputsOptions, planned: ReadonlyMap<string, PlannedChannel>) {
    this.#options = options
    this.#outputs = new Map(
      [...planned].flatMap(([id, { channel, output }]) =>
        output === undefined ? [] : [[id, new Output(channel, output, options.setpoints[id])] as const],
      ),
    )
  }

  change(planned: ReadonlyMap<string, PlannedChannel>): void {
    for (const [id, output] of this.#outputs) output.plan = planned.get(id)?.output ?? output.plan
  }

  /** The device was connected (again), and may have forgotten everything. */
  connected(): void {
    for (const output of this.#outputs.values()) output.isSafe = false
  }

  /** From now on commands are written. */
  open(): void {
    this.#open = new AbortController()
  }

  /** Commands fail from now on; what is being written is given up, what was awaited is not known any more. */
  close(): void {
    this.#open?.abort()
    this.#open = undefined
    for (const output of this.#outputs.values()) output.endVerification()
  }

  /** What the device said of its outputs while it was sampled. */
  note(readings: readonly Reading[]): void {
    for (const { channel, value } of readings) {
      const output = this.#outputs.get(channel)
      if (output !== undefined && value !== null) output.known = value
    }
  }

  /** Whether the controller has contact to its server. */
  setContact(hasContact: boolean): void {
    if (hasContact) this.#contactLostAt = undefined
    else this.#contactLostAt ??= this.#options.now()
  }

  /**
   * Whether the device's own watchdog should stay quiet. Not when an output was to be made safe and could not be, nor when contact has been
   * lost for longer than an output may be held and nobody made it safe: then the device has to help itself. An output that is held on
   * purpose, or is safe already, is no reason: the device stays usable.
   */
  mayFeedWatchdog(): boolean {
    const lostForMs = this.#contactLostAt === undefined ? 0 : (this.#options.now() - this.#contactLostAt) / 1000
    return [...this.#outputs.values()].every(({ plan, owesSafe, isSafe }) => {
      if (owesSafe) return false
      if (plan.safeValue === undefined || plan.graceMs === undefined || isSafe) return true
      return lostForMs <= plan.graceMs + GRACE_SLACK_MS
    })
  }

  /** Writes a command's value, and sends what became of it. Never rejects. */
  async write(request: WriteRequest): Promise<void> {
    const output = this.#outputs.get(request.channel)
    if (output === undefined) return this.#refuse(request, 'failed', `there is no output "${request.channel}"`)
    const { safes } = output
    const before = output.tail
    const ended = Promise.withResolvers<void>()
    output.tail = ended.promise
    try {
      await before
      if (output.safes !== safes) this.#refuse(request, 'failed', MADE_SAFE)
      else await this.#write(output, request)
    } finally {
      ended.resolve()
    }
  }

  async #write(output: Output, request: WriteRequest): Promise<void> {
    const { device, deadlines, now, timers } = this.#options
    const open = this.#open
    if (open === undefined) return this.#refuse(request, 'away', 'the device is not connected')
    const previous = output.known ?? null
    const writing = new AbortController()
    output.writing = writing
    // Nothing may come between this look at the clock and the driver.
    const time = now()
    if (time >= request.deadline) return this.#refuse(request, 'expired', expiredText(time, request.deadline))
    output.endVerification()
    output.isSafe = false
    output.owesSafe = false
    const call = callDevice((signal) => device.write(request.channel, request.value, signal), {
      what: 'write',
      deadlineMs: deadlines.readMs,
      timers,
      stop: AbortSignal.any([open.signal, writing.signal]),
    })
    try {
      const { written, clamped, readback } = await call.outcome
      const facts = { command: request.command, channel: request.channel, time: now() }
      output.known = readback ?? written
      output.isSafe = written === output.plan.safeValue
      this.#options.send({ type: 'written', ...facts, previous, written, clamped })
      // Where the device says its value, what was asked for is not yet what it has.
      if (readback !== undefined || !saysItsValue(output.channel)) this.#show(output, output.known)
      this.#verify(output, request, written, readback)
    } catch (err) {
      this.#refuse(request, 'failed', this.#failureText(err, open.signal))
      if (hasPluginErrorCode(err, 'connection')) this.#options.lost(err)
      if (!(await heedsItsSignal(call, { timers }))) this.#options.hung()
    }
  }

  #failureText(err: unknown, open: AbortSignal): string {
    if (!(err instanceof StoppedError)) return errorText(err)
    return open.aborted ? 'the device was lost while it was written' : MADE_SAFE
  }

  #refuse({ command, channel }: WriteRequest, reason: 'expired' | 'away' | 'failed', message: string): void {
    this.#options.send({ type: 'write-failed', command, channel, time: this.#options.now(), reason, message })
  }

  /** Goes on by itself: the next command need not wait for it. */
  #verify(output: Output, request: WriteRequest, written: number, readback: number | undefined): void {
    const { tolerance } = output.plan
    const end = (state: VerifiedMessage['state'], seen: number | null): void => {
      const { command, channel } = request
      if (state === 'confirmed') output.setpoint = written
      this.#options.send({ type: 'verified', command, channel, time: this.#options.now(), state, readback: seen })
    }
    if (readback !== undefined) end(isWithin(readback, written, tolerance) ? 'confirmed' : 'mismatch', readback)
    else if (saysItsValue(output.channel)) void this.#ask(output, written, end)
    else end('unverified', null)
  }

  async #ask(
    output: Output,
    written: number,
    end: (state: VerifiedMessage['state'], seen: number | null) => void,
  ): Promise<void> {
    const { now, timers } = this.#options
    const verifying = new AbortController()
    output.verifying = verifying
    const { tolerance, verifyWithinMs } = output.plan
    const asker = this.#asker(output, now(), verifying.signal)
    const facts = { written, tolerance, withinMs: verifyWithinMs, now, timers, stop: verifying.signal }
    const verdict = await verify({ ...facts, ask: asker })
    if (output.verifying === verifying) output.verifying = undefined
    if (verdict !== undefined) return end(verdict.state, verdict.readback)
    // Either another value took its place, or the device is gone and cannot say.
    end(this.#open === undefined ? 'timeout' : 'unverified', null)
  }

  /** Asks for an output's value: by reading it, or by looking at what the device sent. One read at a time. */
  #asker(output: Output, since: number, stop: AbortSignal): (deadlineMs: number) => Promise<number | undefined> {
    const { device, deadlines, now, timers, log } = this.#options
    const { id, pushed } = output.channel
    let asked: DeviceCall<Reading[]> | undefined
    return async (deadlineMs) => {
      if (pushed) return this.#options.pushedSince(id, since)
      if (asked !== undefined) return undefined
      const time = now()
      const call = callDevice((signal) => device.read([id], signal), {
        what: 'read-back',
        deadlineMs: Math.min(deadlines.readMs, deadlineMs),
        timers,
        stop,
      })
      asked = call
      void call.settled.then(() => {
        asked = undefined
      })
      try {
        const reading = (await call.outcome).find(({ channel }) => channel === id)
        if (reading === undefined || reading.value === null) return undefined
        output.known = reading.value
        this.#options.showed(reading, time)
        return reading.value
      } catch (err) {
        if (!stop.aborted) log.warn({ event: 'device.readback-failed', channel: id, err }, 'read-back failed')
        void heedsItsSignal(call, { timers, stop }).then((heeds) => heeds || this.#options.hung())
        return undefined
      }
    }
  }

  #show({ channel }: Output, value: number): void {
    const { device, showed, now } = this.#options
    showed({ channel: channel.id, value, quality: device.demoMode ? SIMULATED : GOOD }, now())
  }

  /** Brings outputs to what their policies say for a device that was just connected. To be called before anything else is asked of it. */
  async applyStart(): Promise<void> {
    const wanted = [...this.#outputs.values()].flatMap((output) => {
      const value = startValueOf(output)
      return value === undefined ? [] : [{ output, value }]
    })
    if (wanted.length > 0) await this.#apply('the device was connected', wanted, this.#options.deadlines.stopMs)
  }

  /** Sets outputs to their safe values while the device is connected; those that have none stay. Always answers, never rejects. */
  async makeSafe(reason: string, only: readonly string[] | undefined): Promise<void> {
    const outputs = this.#withSafeValue((output) => only === undefined || only.includes(output.channel.id))
    for (const { output } of outputs) {
      output.setpoint = undefined
      output.owesSafe = true
    }
    if (this.#open !== undefined) return this.#apply(reason, outputs, this.#options.deadlines.stopMs)
    const failed = outputs.map(({ output }) => ({ channel: output.channel.id, message: 'the device is not connected' }))
    this.#options.send({ type: 'made-safe', reason, time: this.#options.now(), applied: [], failed })
  }

  /** The instance ends: sets outputs to their safe values as far as the device still takes them. */
  async applyStop(budgetMs: number): Promise<void> {
    const outputs = this.#withSafeValue(() => true)
    if (outputs.length > 0) await this.#apply('the instance ends', outputs, budgetMs)
  }

  /** The device is being given up, to be connected anew: what would become safe then becomes so now, as far as it still can. */
  async applyLoss(budgetMs: number): Promise<void> {
    const outputs = this.#withSafeValue(({ plan, owesSafe }) => plan.onStart === 'safe' || owesSafe)
    if (outputs.length > 0) await this.#apply('the device was lost', outputs, budgetMs)
  }

  #withSafeValue(isMeant: (output: Output) => boolean): { output: Output; value: number }[] {
    return [...this.#outputs.values()].flatMap((output) => {
      const { safeValue } = output.plan
      return safeValue !== undefined && isMeant(output) ? [{ output, value: safeValue }] : []
    })
  }

  /** One after another, each with its share of the time that there is: one that hangs does not keep the others from theirs. */
  async #apply(reason: string, wanted: readonly { output: Output; value: number }[], budgetMs: number): Promise<void> {
    const { now, send } = this.#options
    const startedAt = now()
    const applied: Applied[] = []
    const failed: Failed[] = []
    for (const { output } of wanted) output.giveWay()
    for (const [index, { output, value }] of wanted.entries()) {
      const leftMs = budgetMs - (now() - startedAt) / 1000
      const shareMs = Math.max(MIN_SHARE_MS, leftMs / (wanted.length - index))
      const message = await this.#applyOne(output, asDeviceHasIt(output.channel, value), shareMs)
      const { id } = output.channel
      if (message === undefined) applied.push({ channel: id, value: asDeviceHasIt(output.channel, value) })
      else failed.push({ channel: id, message })
    }
    send({ type: 'made-safe', reason, time: now(), applied, failed })
  }

  /** @returns why it failed; undefined when the device took the value */
  async #applyOne(output: Output, value: number, withinMs: number): Promise<string | undefined> {
    const { device, timers, hung, lost } = this.#options
    const { id } = output.channel
    const before = output.tail
    const ended = Promise.withResolvers<void>()
    output.tail = ended.promise
    await Promise.race([before, wait(withinMs / 2, timers, NEVER)])
    const call = callDevice(
      (signal) => device.applySafeState(signal, { values: new Map([[id, value]]), only: new Set([id]) }),
      {
        what: 'safe value',
        deadlineMs: withinMs,
        timers,
      },
    )
    void call.settled.then(ended.resolve)
    const problem = await call.outcome.then(
      ({ failed: [failure] }) => failure,
      (err: unknown) => ({ err }),
    )
    if (problem === undefined) {
      output.tookSafe(value)
      this.#show(output, value)
      return undefined
    }
    output.owesSafe ||= value === output.plan.safeValue
    if (hasPluginErrorCode(problem.err, 'connection')) lost(problem.err)
    void heedsItsSignal(call, { timers }).then((heeds) => heeds || hung())
    return errorText(problem.err)
  }
}

const MIN_SHARE_MS = 50

/** What an output is given when its device is connected; undefined: it stays as it is. */
function startValueOf({ plan, setpoint, owesSafe }: Output): number | undefined {
  if (owesSafe) return plan.safeValue
  if (plan.onStart === 'hold') return undefined
  if (plan.onStart === 'safe' || setpoint === undefined) return plan.safeValue
  return Math.min(Math.max(setpoint, plan.min), plan.max)
}

/** Clamped and rounded as the SDK does it. */
function asDeviceHasIt({ minValue, maxValue, dataType }: Channel, value: number): number {
  const limited = Math.min(Math.max(value, minValue), maxValue)
  return dataType === 'float' ? limited : Math.round(limited)
}

/** For the controller, which makes outputs safe when their grace time is over. */
const GRACE_SLACK_MS = 2000
const MADE_SAFE = 'the output was made safe meanwhile'

const expiredText = (now: number, deadline: number): string =>
  `it was to be written ${Math.round((now - deadline) / 1000)} ms ago at the latest`
