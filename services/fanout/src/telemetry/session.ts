import type { Bus } from '@webmacs/bus'
import { CLOSE, type ErrorCode, type UserId } from '@webmacs/contracts'
import type { WebSocket } from 'ws'
import type { Session } from '../sockets/endpoint.ts'
import { Answers } from './answers.ts'
import { type Submission, submitBatch } from './intake.ts'
import { type Batch, readTelemetryMessage } from './read-message.ts'

export interface TelemetryOptions {
  readonly socket: WebSocket
  readonly bus: Bus
  readonly user: UserId
  readonly onSubmitted: (batch: Batch, submission: Submission) => void
}

/** Batches that may wait before the client is read no further. */
const MAX_WAITING = 8

/** One controller's telemetry: its batches are handed on one after the other, as fast as they are taken. */
export class TelemetrySession implements Session {
  readonly #options: TelemetryOptions
  readonly #answers: Answers
  readonly #waiting: Batch[] = []
  #working: Promise<void> | undefined
  #isFinishing = false

  constructor(options: TelemetryOptions) {
    this.#options = options
    this.#answers = new Answers(options.socket)
  }

  receive(text: string): void {
    const input = readTelemetryMessage(text)
    switch (input.kind) {
      case 'batch':
        this.#enqueue(input.batch)
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
  }

  async finish(): Promise<void> {
    this.#isFinishing = true
    this.#options.socket.pause()
    await this.#working
  }

  stop(): void {
    // What the client said before it went is still handed on: older controllers send, and close.
  }

  #enqueue(batch: Batch): void {
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

  async #handOn(batch: Batch): Promise<void> {
    const { socket, bus, user, onSubmitted } = this.#options
    const { id } = batch
    const submission = await submitBatch(bus, user, batch)
    onSubmitted(batch, submission)
    switch (submission.kind) {
      case 'taken':
        if (id !== undefined) this.#answers.say({ type: 'ack', id, ...submission.outcome })
        break
      case 'failed': {
        const { code, message, retryAfterSeconds: retry } = submission
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
