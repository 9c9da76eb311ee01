import { randomUUID } from 'node:crypto'
import type { Bus } from '@webmacs/bus'
import { CLOSE, ERRORS, type ErrorCode, formatTime, nowMicros, type UserId } from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'
import type { WebSocket } from 'ws'
import type { Session } from '../sockets/endpoint.ts'
import { Answers } from './answers.ts'
import { type ReceivedBatch, type Submission, submitBatch } from './intake.ts'
import { type Batch, readTelemetryMessage } from './read-message.ts'
import { Retries } from './retries.ts'

export interface TelemetryOptions {
  readonly socket: WebSocket
  readonly bus: Bus
  readonly user: UserId
  readonly log: Logger
  /** How long a batch without an id may be tried again, milliseconds. */
  readonly holdMs: number
  /** A batch that nobody sends again was given up. */
  readonly onLost: (batch: Batch) => void
  readonly onSubmitted: (batch: Batch, submission: Submission) => void
}

/**
 * Batches that may wait before the client is read no further. With what was read already when it was paused that is all that one client can
 * make us hold; clients that are gone while we hold their batches count among the clients that may be open, which bounds the sum.
 */
const MAX_WAITING = 8
/** For who sends again by itself, where api names no time. */
const RETRY_AFTER_SECONDS = 2

/** One controller's telemetry: its batches are handed on one after the other, as fast as they are taken. */
export class TelemetrySession implements Session {
  readonly #options: TelemetryOptions
  readonly #answers: Answers
  readonly #waiting: ReceivedBatch[] = []
  readonly #retries: Retries
  #working: Promise<void> | undefined
  #hasLost = false
  #isFinishing = false

  constructor(options: TelemetryOptions) {
    this.#options = options
    this.#answers = new Answers(options.socket)
    this.#retries = new Retries(options.holdMs)
  }

  receive(text: string): void {
    const input = readTelemetryMessage(text)
    switch (input.kind) {
      case 'batch':
        this.#enqueue({ ...input.batch, receivedOn: formatTime(nowMicros()) })
        break
      case 'refused':
        this.#sayRefused(input)
        break
      case 'empty':
        // Who names the batch waits for a word about it; older clients are told nothing.
        if (input.id !== undefined) this.#answers.say({ type: 'ack', id: input.id, accepted: 0, rejected: [] })
        break
      case 'ping':
        this.#answers.say({ type: 'pong' })
        break
      case 'not-json':
        this.#options.socket.close(CLOSE.unsupported, 'Messages must be JSON objects')
        break
    }
  }

  forbid(): void {
    this.#waiting.length = 0
    this.#retries.end()
  }

  async finish(deadline: AbortSignal): Promise<void> {
    this.#isFinishing = true
    this.#retries.hasten()
    if (deadline.aborted) this.#retries.end()
    else deadline.addEventListener('abort', () => this.#retries.end(), { once: true })
    this.#options.socket.pause()
    await this.#working
  }

  async stop(): Promise<void> {
    // What the client said before it went is still handed on: older controllers send, and close.
    this.#retries.clientGone()
    await this.#working
  }

  #enqueue(batch: ReceivedBatch): void {
    this.#waiting.push(batch)
    if (this.#waiting.length >= MAX_WAITING) this.#options.socket.pause()
    this.#working ??= this.#work()
  }

  async #work(): Promise<void> {
    for (let batch = this.#waiting.shift(); batch !== undefined; batch = this.#waiting.shift()) {
      await this.#handOn(batch)
      if (this.#waiting.length < MAX_WAITING / 2 && !this.#isFinishing) this.#options.socket.resume()
    }
    this.#working = undefined
  }

  async #handOn(batch: ReceivedBatch): Promise<void> {
    const { socket, onSubmitted } = this.#options
    const { id } = batch
    const submission = await this.#submit(batch)
    onSubmitted(batch, submission)
    switch (submission.kind) {
      case 'taken':
        if (id !== undefined) this.#answers.say({ type: 'ack', id, ...submission.outcome })
        break
      case 'failed': {
        const { code, message } = submission
        const retry = submission.retryAfterSeconds ?? (ERRORS[code].retryable ? RETRY_AFTER_SECONDS : undefined)
        if (id === undefined) this.#noteLost(batch, code)
        const about = {
          code,
          ...(id !== undefined && { id }),
          ...(retry !== undefined && { retry_after_seconds: retry }),
        }
        this.#answers.say({ type: 'error', message, ...about })
        break
      }
      case 'forbidden':
        this.forbid()
        socket.close(CLOSE.policy, submission.reason)
        break
    }
  }

  /**
   * Who names its batches sends them again itself. For the others we do, under one key of our own and with the very same body: an attempt whose
   * answer was lost may have been taken. So a datapoint without a time is not given one here: api stamps a key when it first sees it, and keeps
   * that stamp, which is the time of acceptance.
   */
  #submit(batch: ReceivedBatch): Promise<Submission> {
    const { bus, user } = this.#options
    if (batch.id !== undefined) return submitBatch(bus, user, batch, batch.id)
    const key = randomUUID()
    return this.#retries.untilTaken(() => submitBatch(bus, user, batch, key))
  }

  #noteLost(batch: Batch, code: ErrorCode): void {
    const { log, user, onLost } = this.#options
    onLost(batch)
    if (this.#hasLost) return // once a client: the metric counts
    this.#hasLost = true
    log.warn({ event: 'telemetry.lost', user, code, datapoints: batch.datapoints.length }, 'batch given up')
  }

  /** Without an id exactly what older servers said. */
  #sayRefused({
    id,
    message,
    code,
  }: {
    readonly id: string | undefined
    readonly message: string
    readonly code: ErrorCode
  }): void {
    this.#answers.say({ type: 'error', message, ...(id !== undefined && { id, code }) })
  }
}
