import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createValidator } from '@webmacs/contracts/validation'
import type { Logger } from '@webmacs/service-kit'
import { errorText } from '../error-text.ts'
import { type ControllerMessage, HostMessage, type LogMessage } from '../plugin-host/messages.ts'
import { hostArguments } from './orphans.ts'
import { logOutput } from './output-log.ts'

/** How a controller runs the processes of its plugins. */
export interface HostSettings {
  /** Name of the controller. */
  readonly controller: string
  /** From the start of the process until its first word. */
  readonly startTimeoutMs: number
  /** A process that says nothing for so long hangs. */
  readonly heartbeatTimeoutMs: number
  /** From `stop` until the process is killed. */
  readonly stopTimeoutMs: number
  /** Resident memory, bytes. */
  readonly memoryBytes: number
  /** JavaScript heap, MiB. */
  readonly heapMb: number
  /** All that the process sees of our environment: no credentials. */
  readonly environment: Readonly<Record<string, string>>
}

export interface HostProcessOptions {
  readonly settings: HostSettings
  readonly log: Logger
  readonly onMessage: (message: Exclude<HostMessage, LogMessage>) => void
}

/** Why a process ended; for people. */
export type HostEnd = string

export const HOST_MODULE = fileURLToPath(new URL('../plugin-host/main.ts', import.meta.url))
/** One sample each 10 ms, a heartbeat and a limited log stay far below it. */
const MAX_MESSAGES_PER_SECOND = 1000
/** A controller that was itself asleep gets this long to read what waited for it before it calls anyone silent. */
const SECOND_THOUGHT_MS = 1000

const validate = createValidator(HostMessage, 'message')

/** The process of one plugin instance: started, watched and ended from here. Nothing it does reaches further than `onMessage`. */
export class HostProcess {
  readonly #options: HostProcessOptions
  readonly #child: ChildProcess
  readonly #ended = Promise.withResolvers<HostEnd>()
  /** Why it was killed, or what it said before it ended. */
  #reason: string | undefined
  #silence: NodeJS.Timeout
  #window = { startedMs: 0, messages: 0 }

  constructor(options: HostProcessOptions) {
    this.#options = options
    const { settings, log } = options
    this.#child = fork(HOST_MODULE, hostArguments(settings.controller), {
      env: { ...settings.environment },
      execArgv: [`--max-old-space-size=${settings.heapMb}`, '--max-semi-space-size=1'],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'json',
    })
    this.#silence = this.#watchSilence(settings.startTimeoutMs)
    this.#child.on('message', (message) => this.#receive(message))
    this.#child.on('error', (err) => this.#noteError(err))
    this.#child.once('exit', (code, signal) => this.#finish(code, signal))
    for (const stream of [this.#child.stdout, this.#child.stderr]) if (stream) logOutput(stream, log)
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Resolves when the process is gone. */
  get ended(): Promise<HostEnd> {
    return this.#ended.promise
  }

  send(message: ControllerMessage): void {
    if (!this.#child.connected) return // it is ending, `ended` tells
    this.#child.send(message, (err) => {
      if (err) this.#options.log.debug({ event: 'plugin-host.send-failed', err }, 'plugin process is gone')
    })
  }

  /** Lets it make its outputs safe and end; kills it at the deadline. */
  async stop(): Promise<void> {
    clearTimeout(this.#silence)
    this.send({ type: 'stop' })
    const { stopTimeoutMs } = this.#options.settings
    const timer = setTimeout(() => this.kill(`did not stop within ${stopTimeoutMs} ms`), stopTimeoutMs)
    await this.ended
    clearTimeout(timer)
  }

  kill(reason: string): void {
    this.#reason = reason
    this.#child.kill('SIGKILL')
  }

  #receive(message: unknown): void {
    if (this.#floods()) return
    const result = validate(message)
    if (!result.ok) {
      const { errors } = result
      this.#options.log.warn({ event: 'plugin-host.invalid-message', errors }, 'message of plugin process refused')
      return
    }
    this.#silence.refresh()
    this.#act(result.value)
  }

  #act(message: HostMessage): void {
    const { settings, log, onMessage } = this.#options
    switch (message.type) {
      case 'log':
        log[message.level]({ ...message.facts, event: message.event }, message.message)
        return
      case 'failed':
        this.#reason ??= `failed: ${message.message}`
        break
      case 'beat':
        this.#watchSilenceAnew()
        if (message.rssBytes > settings.memoryBytes)
          this.kill(`uses ${mebibytes(message.rssBytes)} MB of memory, ${mebibytes(settings.memoryBytes)} are allowed`)
        break
      default:
        break
    }
    onMessage(message)
  }

  /** A process that talks without end would keep the controller from the others. */
  #floods(): boolean {
    const nowMs = performance.now()
    if (nowMs - this.#window.startedMs >= 1000) this.#window = { startedMs: nowMs, messages: 0 }
    this.#window.messages += 1
    if (this.#window.messages <= MAX_MESSAGES_PER_SECOND) return false
    if (this.#window.messages === MAX_MESSAGES_PER_SECOND + 1)
      this.kill(`sent more than ${MAX_MESSAGES_PER_SECOND} messages in a second`)
    return true
  }

  #noteError(err: Error): void {
    this.#options.log.warn({ event: 'plugin-host.error', err }, 'plugin process reported an error')
    if (this.#child.pid !== undefined) return
    clearTimeout(this.#silence)
    this.#ended.resolve(`could not be started: ${errorText(err)}`)
  }

  #watchSilence(timeoutMs: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#silence = setTimeout(() => this.kill(`gave no sign of life for ${timeoutMs} ms`), SECOND_THOUGHT_MS)
    }, timeoutMs)
  }

  #watchSilenceAnew(): void {
    clearTimeout(this.#silence)
    this.#silence = this.#watchSilence(this.#options.settings.heartbeatTimeoutMs)
  }

  #finish(code: number | null, signal: NodeJS.Signals | null): void {
    clearTimeout(this.#silence)
    this.#ended.resolve(this.#reason ?? (signal ? `was ended by ${signal}` : `ended with code ${code}`))
  }
}

const mebibytes = (bytes: number): number => Math.round(bytes / 1024 ** 2)
