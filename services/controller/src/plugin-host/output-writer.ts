import { hasPluginErrorCode, type Reading, type WriteResult } from '@webmacs/plugin-sdk'
import { errorText } from '../error-text.ts'
import { saysItsValue } from './channel-plans.ts'
import { callDevice, heedsItsSignal, StoppedError } from './device-call.ts'
import type { VerifiedMessage, WriteFailedMessage, WriteRequest } from './messages.ts'
import type { Output, OutputContext } from './output.ts'
import { isWithin, verify } from './verification.ts'

/** Writes the values of commands to outputs, and sees what the device makes of them. */
export class OutputWriter {
  readonly #context: OutputContext
  /** As long as the device may be written to; undefined while it is not connected. */
  #open: AbortController | undefined

  constructor(context: OutputContext) {
    this.#context = context
  }

  get isOpen(): boolean {
    return this.#open !== undefined
  }

  /** From now on commands are written. */
  open(): void {
    this.#open = new AbortController()
  }

  /** Commands fail from now on; what is being written is given up. */
  close(): void {
    this.#open?.abort()
    this.#open = undefined
  }

  /** Writes a command's value, and sends what became of it. Never rejects. */
  async write(output: Output, request: WriteRequest): Promise<void> {
    // What would wait for a device that is being connected is answered at once.
    if (this.#open === undefined) return this.refuse(request, 'away', AWAY)
    const { safes } = output
    const turn = output.takeTurn()
    try {
      await turn.comes
      if (output.safes !== safes) this.refuse(request, 'failed', MADE_SAFE)
      else await this.#writeNow(output, request)
    } finally {
      turn.end()
    }
  }

  refuse({ command, channel }: WriteRequest, reason: WriteFailedMessage['reason'], message: string): void {
    const { send, now } = this.#context
    send({ type: 'write-failed', command, channel, time: now(), reason, message })
  }

  async #writeNow(output: Output, request: WriteRequest): Promise<void> {
    const { device, deadlines, now, timers, valueSince, lost, hung } = this.#context
    const open = this.#open
    if (open === undefined) return this.refuse(request, 'away', AWAY)
    const previous = valueSince(request.channel, 0) ?? null
    const writing = new AbortController()
    // Nothing may come between this look at the clock and the driver.
    const time = now()
    if (time >= request.deadline) return this.refuse(request, 'expired', expiredText(time, request.deadline))
    output.writing = writing
    output.endVerification()
    output.isSafe = false
    const call = callDevice((signal) => device.write(request.channel, request.value, signal), {
      ...{ what: 'write', deadlineMs: deadlines.readMs, timers },
      stop: AbortSignal.any([open.signal, writing.signal]),
    })
    try {
      this.#written(output, request, previous, await call.outcome)
    } catch (err) {
      const reason = hasPluginErrorCode(err, 'timeout') ? 'unanswered' : 'failed'
      this.refuse(request, reason, failureText(err, open.signal))
      if (hasPluginErrorCode(err, 'connection')) lost(err)
      if (!(await heedsItsSignal(call, { timers }))) hung()
    }
  }

  #written(output: Output, request: WriteRequest, previous: number | null, result: WriteResult): void {
    const { written, clamped, readback } = result
    const { command, channel } = request
    output.isSafe = written === output.plan.safeValue
    output.owesSafe = false
    this.#context.send({ type: 'written', command, channel, time: this.#context.now(), previous, written, clamped })
    // Where the device says its value, what it was asked for is not yet what it has.
    if (readback !== undefined || !saysItsValue(output.channel)) output.show(readback ?? written, this.#context)
    if (readback !== undefined)
      this.#verified(output, request, {
        written,
        state: isWithin(readback, written, output.plan.tolerance) ? 'confirmed' : 'mismatch',
        readback,
      })
    else if (saysItsValue(output.channel)) void this.#verify(output, request, written)
    else this.#verified(output, request, { written, state: 'unverified', readback: null })
  }

  #verified(
    output: Output,
    { command, channel }: WriteRequest,
    { written, state, readback }: Pick<VerifiedMessage, 'state' | 'readback'> & { readonly written: number },
  ): void {
    if (state === 'confirmed') output.setpoint = written
    this.#context.send({ type: 'verified', command, channel, time: this.#context.now(), state, readback })
  }

  /** Goes on by itself: the next command need not wait for it. */
  async #verify(output: Output, request: WriteRequest, written: number): Promise<void> {
    const { now, timers } = this.#context
    const { tolerance, verifyWithinMs } = output.plan
    const stop = output.startVerification()
    const ask = this.#asker(output, now(), stop)
    const verdict = await verify({ written, tolerance, withinMs: verifyWithinMs, ask, timers, stop })
    // Stopped: either another value took its place, or the device is gone and cannot say.
    const { state, readback } = verdict ?? { state: this.isOpen ? 'unverified' : 'timeout', readback: null }
    this.#verified(output, request, { written, state, readback })
  }

  /** Asks for an output's value: by looking at what the device sent, or by reading it, one read at a time. */
  #asker(output: Output, since: number, stop: AbortSignal): (deadlineMs: number) => Promise<number | undefined> {
    const { id, pushed } = output.channel
    if (pushed) return () => Promise.resolve(this.#context.valueSince(id, since))
    let asking = false
    return async (deadlineMs) => {
      if (asking) return undefined
      asking = true
      return this.#read(id, deadlineMs, stop, () => {
        asking = false
      })
    }
  }

  /** @param settled the driver is really done */
  async #read(id: string, withinMs: number, stop: AbortSignal, settled: () => void): Promise<number | undefined> {
    const { device, deadlines, now, timers, log, lost, hung, read } = this.#context
    const time = now()
    const deadlineMs = Math.min(deadlines.readMs, withinMs)
    const call = callDevice<Reading[]>((signal) => device.read([id], signal), {
      ...{ what: 'read-back', deadlineMs, timers, stop },
    })
    void call.settled.then(settled)
    try {
      const reading = (await call.outcome).find(({ channel }) => channel === id)
      if (reading === undefined || reading.value === null) return undefined
      read(reading, time)
      return reading.value
    } catch (err) {
      if (stop.aborted) return undefined
      log.warn({ event: 'device.readback-failed', channel: id, err }, 'read-back failed')
      if (hasPluginErrorCode(err, 'connection')) lost(err)
      void heedsItsSignal(call, { timers, stop }).then((heeds) => heeds || hung())
      return undefined
    }
  }
}

const AWAY = 'the device is not connected'
const MADE_SAFE = 'the output was made safe meanwhile'

function failureText(err: unknown, open: AbortSignal): string {
  if (!(err instanceof StoppedError)) return errorText(err)
  return open.aborted ? 'the device was lost while it was written' : MADE_SAFE
}

const expiredText = (now: number, deadline: number): string =>
  `it had to be written ${Math.round((now - deadline) / 1000)} ms earlier`
