import {
  AppError,
  type CommandReport,
  type CommandRequest,
  isFinalState,
  MAX_COMMAND_TTL_MS,
  type Micros,
  parseTime,
} from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'
import type {
  MadeSafeMessage,
  OutputMessage,
  VerifiedMessage,
  WriteFailedMessage,
  WrittenMessage,
} from '../plugin-host/messages.ts'
import type { Timers } from '../plugin-host/timers.ts'
import type { CommandMemory } from './command-memory.ts'
import { advance, recordOf } from './command-record.ts'
import { away, type CommandTarget, expired, findOutput, type Refusal, refused } from './find-output.ts'
import { judgeCommand } from './judge-command.ts'
import { KnownValues, outputKey } from './known-values.ts'
import {
  afterRestart,
  afterVerification,
  afterWriteFailure,
  lostWith,
  type Outcome,
  SUPERSEDED,
  UNREMEMBERED,
} from './outcomes.ts'
import { safeStateReport } from './safe-state-report.ts'

export interface ExecutorOptions {
  readonly controller: string
  readonly find: (instance: string) => CommandTarget | undefined
  readonly memory: CommandMemory
  /** By this machine's clock. */
  readonly now: () => Micros
  /** By a clock that is never set. */
  readonly uptimeMs: () => number
  /** Whether an output was made safe and has to stay so, whoever inside the controller wants it set. */
  readonly isHeldSafe: (instance: string, channel: string) => boolean
  /** How far the server's clock is ahead of this machine's. */
  readonly skew: () => Micros
  readonly timers: Timers
  readonly log: Pick<Logger, 'error'>
  /** A command is in a new state, which is to be told. */
  readonly changed: (report: CommandReport) => void
  /** @param milliseconds from acceptance to the device having the value */
  readonly wrote: (milliseconds: number) => void
}

/** One writer at a time: what is on its way to the device, and what comes after it. */
interface Output {
  readonly key: string
  writing: UnderWay | undefined
  waiting: UnderWay | undefined
}

/** A command that is accepted and not finished. */
interface UnderWay {
  readonly output: Output
  report: CommandReport
  /** By this machine's clock. */
  readonly deadline: Micros
  readonly acceptedMs: number
  verifyWithinMs: number
  readonly waiters: Set<() => void>
  cancelTimer: () => void
}

/** Beyond what a write or a read-back may take: then a process that beats but does not answer is not waited for any more. */
const PATIENCE_MS = 10_000

/**
 * Sets outputs: each command at most once, each output by one command at a time, and whoever asked learns what became of it. The rules are
 * judged when a command's turn comes; whether it has expired once more in the device's process, right before the write.
 */
export class CommandExecutor {
  readonly #options: ExecutorOptions
  readonly #underWay = new Map<string, UnderWay>()
  readonly #outputs = new Map<string, Output>()
  readonly #known: KnownValues
  #closing = false

  constructor(options: ExecutorOptions) {
    this.#options = options
    this.#known = new KnownValues(options.memory, options.uptimeMs)
  }

  /** Ends what a controller before this one began and could not finish. To be called once, before anything else. */
  resume(): void {
    for (const { report, sent } of this.#options.memory.unfinished()) {
      const { state, ...facts } = afterRestart(report, sent)
      this.#keep(advance(report, state, this.#options.now(), facts), { sent })
    }
  }

  /**
   * Resolves with how the command is when it is finished, or after `answer_within_ms`. The same id again is the same command.
   * @throws AppError request.invalid
   */
  async execute(request: CommandRequest): Promise<CommandReport> {
    const underWay = this.#underWay.get(request.id)
    if (underWay !== undefined) return this.#answer(underWay, request.answer_within_ms)
    const before = this.#options.memory.find(request.id)
    if (before !== undefined) return before
    const expires = parseTime(request.expires_at)
    if (expires === undefined) throw new AppError('request.invalid', { detail: 'request.expires_at names no moment.' })
    // Where how far the clocks are apart is not known yet, one that is behind must not keep a command alive.
    const latest = this.#options.now() + MAX_COMMAND_TTL_MS * 1000
    const deadline = Math.min(latest, Math.floor(expires - this.#options.skew()))
    const found = findOutput(request, this.#options.find(request.instance))
    if (!found.ok) return this.#refuse(request, found)
    const late = this.#options.now() - deadline
    if (late >= 0) return this.#refuse(request, expired(`It came ${seconds(late)} s too late and was not written.`))
    return this.#answer(this.#accept(request, deadline), request.answer_within_ms)
  }

  /** What the process of an instance says of its outputs. */
  hear(instance: string, message: OutputMessage): void {
    switch (message.type) {
      case 'written':
        this.#written(instance, message)
        return
      case 'write-failed':
        this.#writeFailed(instance, message)
        return
      case 'verified':
        this.#verified(instance, message)
        return
      case 'made-safe':
        this.#madeSafe(instance, message)
        return
      case 'values':
        return
    }
  }

  /** The process of an instance is gone: what it had been asked stays without an answer. */
  silenced(instance: string): void {
    const asked = [...this.#underWay.values()].filter(
      ({ report, output }) => report.instance === instance && report.id !== output.waiting?.report.id,
    )
    for (const command of asked) this.#finish(command, lostWith(command.report))
  }

  /** Outputs are about to be made safe: what waits for its turn there is not written after that, and nothing is given again later. */
  makingSafe(instance: string, channels: readonly string[]): void {
    for (const channel of channels) {
      const waiting = this.#outputs.get(outputKey(instance, channel))?.waiting
      if (waiting !== undefined) this.#finish(waiting, { ...SUPERSEDED, detail: 'The output was made safe.' })
    }
    this.#try(() => this.#options.memory.forgetConfirmed(instance, channels))
  }

  /** The instance was removed: another one does not take over what its outputs had. */
  forget(instance: string): void {
    this.#known.forget(instance)
    this.#try(() => this.#options.memory.forget(instance))
  }

  /** From now on everybody is answered at once with how things are. */
  answerNow(): void {
    this.#closing = true
    for (const { waiters } of this.#underWay.values()) for (const resolve of waiters) resolve()
  }

  #refuse(request: CommandRequest, { state, code, detail }: Refusal): CommandReport {
    const report = advance(recordOf(request, this.#options.controller), state, this.#options.now(), { code, detail })
    this.#keep(report, { sent: false })
    return report
  }

  #accept(request: CommandRequest, deadline: Micros): UnderWay {
    const { controller, now, uptimeMs, timers } = this.#options
    const output = this.#outputOf(request)
    const command: UnderWay = {
      output,
      report: advance(recordOf(request, controller), 'accepted', now()),
      deadline,
      acceptedMs: uptimeMs(),
      verifyWithinMs: 0,
      waiters: new Set(),
      cancelTimer: () => undefined,
    }
    this.#underWay.set(request.id, command)
    if (output.waiting !== undefined) this.#finish(output.waiting, SUPERSEDED)
    output.waiting = command
    if (output.writing === undefined) this.#next(output)
    else {
      this.#keep(command.report, { sent: false })
      const remainingMs = Math.max(0, (deadline - now()) / 1000)
      command.cancelTimer = timers.after(remainingMs, () => this.#finish(command, expired(WAITED_TOO_LONG)))
    }
    return command
  }

  async #answer(command: UnderWay, withinMs: number): Promise<CommandReport> {
    if (this.#closing || isFinalState(command.report.state)) return command.report
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = this.#options.timers.after(withinMs, resolve)
    command.waiters.add(resolve)
    await promise
    command.waiters.delete(resolve)
    cancel()
    return command.report
  }

  /** The turn of the command that waits, if there is one. */
  #next(output: Output): void {
    const { waiting } = output
    output.waiting = undefined
    waiting?.cancelTimer()
    if (waiting !== undefined) this.#send(waiting)
    if (output.writing === undefined) this.#outputs.delete(output.key)
  }

  #send(command: UnderWay): void {
    const problem = this.#trySending(command)
    if (problem !== undefined) this.#finish(command, problem)
  }

  /** @returns why it is not done */
  #trySending(command: UnderWay): Outcome | undefined {
    const { report, deadline } = command
    const { find, now, uptimeMs, timers, isHeldSafe } = this.#options
    const found = findOutput(report, find(report.instance))
    if (!found.ok) return found
    if (now() >= deadline) return expired(WAITED_TOO_LONG)
    if (isHeldSafe(report.instance, report.channel)) return refused(HELD_SAFE)
    const wanted = { value: report.value, expectedPrevious: report.expected_previous }
    const known = this.#known.of(report.instance, report.channel)
    const verdict = judgeCommand(wanted, found.limits, known, uptimeMs())
    if (!verdict.ok) return refused(verdict.detail)
    command.report = { ...report, clamped: verdict.clamped }
    command.verifyWithinMs = found.limits.verifyWithinMs
    // What is not remembered, even through a power cut, could be done twice.
    if (!this.#keep(command.report, { sent: true, durably: true })) return UNREMEMBERED
    const { id, channel } = report
    if (!found.target.send({ type: 'write', command: id, channel, value: verdict.value, deadline }))
      return away('The process of the device is not running.')
    command.output.writing = command
    const patienceMs = (deadline - now()) / 1000 + PATIENCE_MS
    command.cancelTimer = timers.after(patienceMs, () => this.#giveUp(command))
    return undefined
  }

  #written(instance: string, { command: id, channel, time, previous, written, clamped }: WrittenMessage): void {
    const { uptimeMs, timers, wrote } = this.#options
    this.#noteValue(instance, channel, written)
    const command = this.#asked(instance, id, 'accepted')
    if (command === undefined) return
    command.cancelTimer()
    const facts = { previous, written, clamped: clamped || command.report.clamped }
    command.report = advance(command.report, 'written', time, facts)
    this.#keep(command.report, { sent: true })
    wrote(uptimeMs() - command.acceptedMs)
    command.cancelTimer = timers.after(command.verifyWithinMs + PATIENCE_MS, () => this.#giveUp(command))
    this.#release(command)
  }

  #writeFailed(instance: string, message: WriteFailedMessage): void {
    const command = this.#asked(instance, message.command, 'accepted')
    if (command !== undefined) this.#finish(command, afterWriteFailure(message), message.time)
  }

  #verified(instance: string, message: VerifiedMessage): void {
    const command = this.#asked(instance, message.command, 'written')
    if (command === undefined) return
    const { channel, written } = command.report
    if (message.state === 'confirmed' && written !== null)
      this.#try(() => this.#options.memory.noteConfirmed(instance, channel, written))
    this.#finish(command, afterVerification(message, written), message.time)
  }

  /** A process with foreign code in it can say something of its own commands only, and only what is next. */
  #asked(instance: string, id: string, state: 'accepted' | 'written'): UnderWay | undefined {
    const command = this.#underWay.get(id)
    const isMeant = command?.report.instance === instance && command.report.state === state
    return isMeant && command !== command.output.waiting ? command : undefined
  }

  /** Only what was changed is worth telling; an output of which nothing is known begins its history. */
  #madeSafe(instance: string, { applied, failed, time, reason }: MadeSafeMessage): void {
    const { log, controller, find } = this.#options
    for (const { channel, message } of failed)
      log.error({ event: 'outputs.not-made-safe', instance, channel, reason: message }, 'output could not be made safe')
    const mappings = find(instance)?.desired?.channels ?? []
    for (const { channel, value } of applied) {
      const previous = this.#known.of(instance, channel)?.value
      this.#noteValue(instance, channel, value)
      if (previous === undefined || previous === value) continue
      const event = mappings.find((one) => one.channel === channel)?.event ?? null
      const report = safeStateReport({ controller, instance, channel, event, value, previous, time, reason })
      this.#keep(report, { sent: true })
    }
  }

  #giveUp(command: UnderWay): void {
    const { id, instance } = command.report
    this.#options.log.error(
      { event: 'command.unanswered', command: id, instance },
      'the process of a device does not say what became of a command',
    )
    this.#finish(command, lostWith(command.report))
  }

  #finish(command: UnderWay, { state, code, detail, readback }: Outcome, time = this.#options.now()): void {
    const { output, waiters } = command
    command.cancelTimer()
    command.report = advance(command.report, state, time, {
      ...(code !== undefined && { code }),
      ...(detail !== undefined && { detail }),
      ...(readback !== undefined && { readback }),
    })
    this.#underWay.delete(command.report.id)
    this.#keep(command.report, { sent: command === output.writing || command.report.written !== null })
    for (const resolve of waiters) resolve()
    if (command === output.waiting) output.waiting = undefined
    this.#release(command)
  }

  /** Where the command was the writer, the next one can be written. */
  #release(command: UnderWay): void {
    const { output } = command
    if (output.writing !== command) return
    output.writing = undefined
    this.#next(output)
  }

  /** @returns whether it is remembered; it is told in any case */
  #keep(
    report: CommandReport,
    { sent, durably = false }: { readonly sent: boolean; readonly durably?: boolean },
  ): boolean {
    const { memory, now, changed } = this.#options
    const facts = { sent, now: now() }
    const kept = this.#try(() => (durably ? memory.saveDurably(report, facts) : memory.save(report, facts)))
    changed(report)
    return kept
  }

  #noteValue(instance: string, channel: string, value: number): void {
    if (!this.#options.find(instance)?.channels.some(({ id }) => id === channel)) return
    this.#known.note(instance, channel, value)
    this.#try(() => this.#options.memory.noteValue(instance, channel, value))
  }

  /** A full disk must not keep a device from being driven to its safe state, or a person from an answer. */
  #try(save: () => void): boolean {
    try {
      save()
      return true
    } catch (err) {
      this.#options.log.error({ event: 'commands.not-remembered', err }, 'memory of commands cannot be written')
      return false
    }
  }

  #outputOf({ instance, channel }: CommandRequest): Output {
    const key = outputKey(instance, channel)
    const output = this.#outputs.get(key) ?? { key, writing: undefined, waiting: undefined }
    this.#outputs.set(key, output)
    return output
  }
}

const WAITED_TOO_LONG = 'It expired while it waited for another command to the same output, and was not written.'
const HELD_SAFE = 'The output was made safe and stays so until the controller has contact to its server again.'
const seconds = (duration: Micros): string => (duration / 1_000_000).toFixed(1)
