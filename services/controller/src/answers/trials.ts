import {
  AppError,
  type DescribeReply,
  type DescribeRequest,
  formatTime,
  type TestReply,
  type TestRequest,
} from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'
import { judgeConfig, type PluginCatalogue } from '../inventory/plugin-catalogue.ts'
import type { ControllerMessage, DeviceDeadlines, HostMessage, ProbedMessage } from '../plugin-host/messages.ts'
import { HostProcess, type HostSettings } from '../supervision/host-process.ts'
import { Gate } from './gate.ts'

export interface TrialsOptions {
  /** Asked each time: drivers come and go. */
  readonly catalogue: () => PluginCatalogue
  readonly hosts: HostSettings
  readonly deadlines: DeviceDeadlines
  readonly log: Logger
}

/** As many processes beside those that run as a small machine can take. */
const AT_ONCE = 2
/** From the start of the process to its answer. */
const DEADLINE_MS = 8000
/** Within that: the process starts, connects, reads and disconnects. */
const LONGEST = { connectMs: 4000, readMs: 2000, stopMs: 1000 }

type Answer = Exclude<HostMessage, { type: 'log' }>

/** Tries a driver with a configuration that nothing runs with yet, in a process of its own that ends after the answer. */
export class Trials {
  readonly #options: TrialsOptions
  readonly #gate = new Gate(AT_ONCE)
  readonly #stopping = new AbortController()

  constructor(options: TrialsOptions) {
    this.#options = options
  }

  /**
   * Channels of a driver under a configuration.
   * @throws AppError plugin.unknown, request.invalid, plugin.undescribed
   */
  async describe({ plugin, config }: DescribeRequest): Promise<DescribeReply> {
    const { module, parsed } = this.#checked(plugin, config)
    const trial = await this.#ask({ type: 'describe', plugin, module, config: parsed }, answerIf('described'))
    if (trial.answer !== undefined) return { channels: trial.answer.description.channels }
    if (trial.isLate) throw new AppError('plugin.undescribed', { detail: `The driver's process ${trial.end}.` })
    throw new AppError('request.invalid', { detail: `config is not usable: the driver's process ${trial.end}.` })
  }

  /**
   * Whether a device can be reached and read.
   * @throws AppError plugin.unknown, request.invalid
   */
  async test({ plugin, config, demo_mode: demoMode }: TestRequest): Promise<TestReply> {
    const { module, parsed } = this.#checked(plugin, config, demoMode)
    const { deadlines } = this.#options
    const probe: ControllerMessage = {
      type: 'probe',
      plugin,
      module,
      demoMode,
      config: parsed,
      deadlines: {
        connectMs: Math.min(deadlines.connectMs, LONGEST.connectMs),
        readMs: Math.min(deadlines.readMs, LONGEST.readMs),
        stopMs: Math.min(deadlines.stopMs, LONGEST.stopMs),
      },
    }
    const startedMs = performance.now()
    const { answer, end } = await this.#ask(probe, answerIf('probed'))
    if (answer !== undefined) return testReply(answer)
    const duration_ms = performance.now() - startedMs
    return { ok: false, message: `The driver's process ${end}`, channels: [], values: [], duration_ms }
  }

  /** Ends what is under way. */
  stop(): void {
    this.#stopping.abort()
  }

  #checked(id: string, config: unknown, demoMode = false): { readonly module: string; readonly parsed: unknown } {
    const plugin = this.#options.catalogue().get(id)
    if (plugin === undefined) throw new AppError('plugin.unknown', { detail: `This controller has no plugin "${id}".` })
    const parsed = judgeConfig(plugin, config, demoMode)
    if (!parsed.ok) throw new AppError('request.invalid', { detail: `${parsed.problems.join('; ')}.` })
    return { module: plugin.module, parsed: parsed.config }
  }

  #ask<T>(message: ControllerMessage, pick: (answer: Answer) => T | undefined): Promise<Trial<T>> {
    return this.#gate.through(() => this.#run(message, pick))
  }

  async #run<T>(message: ControllerMessage, pick: (answer: Answer) => T | undefined): Promise<Trial<T>> {
    const { hosts, log } = this.#options
    let answer: T | undefined
    let isLate = false
    const onMessage = (heard: Answer): void => {
      answer ??= pick(heard)
    }
    const host = new HostProcess({ settings: hosts, log: log.child({ trial: message.type }), onMessage })
    const deadline = setTimeout(() => {
      isLate = true
      host.kill(`did not answer within ${DEADLINE_MS / 1000} s`)
    }, DEADLINE_MS)
    const end = (): void => host.kill('was ended because the controller stops')
    this.#stopping.signal.addEventListener('abort', end, { once: true })
    if (this.#stopping.signal.aborted) end()
    host.send(message)
    try {
      return { end: await host.ended, answer, isLate }
    } finally {
      clearTimeout(deadline)
      this.#stopping.signal.removeEventListener('abort', end)
    }
  }
}

interface Trial<T> {
  /** undefined: its process ended without. */
  readonly answer: T | undefined
  /** Why the process ended. */
  readonly end: string
  readonly isLate: boolean
}

const answerIf =
  <Type extends Answer['type']>(type: Type) =>
  (answer: Answer): Extract<Answer, { type: Type }> | undefined =>
    answer.type === type ? (answer as Extract<Answer, { type: Type }>) : undefined // the type says which of the union it is

const testReply = ({ ok, message, channels, readings, time, durationMs }: ProbedMessage): TestReply => ({
  ok,
  message,
  channels,
  values: readings.map(({ channel, value, quality }) => ({
    channel_id: channel,
    value,
    quality,
    time: formatTime(time),
  })),
  duration_ms: durationMs,
})
