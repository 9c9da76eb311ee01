import { NoReplyError } from '@webmacs/bus'
import type { Micros } from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'
import { pause, untilSettled } from '../supervision/waiting.ts'
import { SkewEstimate } from './skew-estimate.ts'

export interface ServerClockOptions {
  /** What time it is for the server. @throws NoReplyError while nobody answers */
  readonly ask: () => Promise<Micros>
  readonly now: () => Micros
  /** By a clock that is never set. */
  readonly uptimeMs: () => number
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
}

const INTERVAL_MS = 30_000
/** At first, and whenever the date was set or the broker was away. */
const QUICK_INTERVAL_MS = 1000
const QUICK_QUESTIONS = 5
const STEP_CHECK_MS = 1000
const WARN_FROM: Micros = 500_000
/** From here on times of this machine say little about when something was. */
const UNCERTAIN_FROM: Micros = 5_000_000

type Grade = 'right' | 'off' | 'wrong'

/** Measures how far this machine's clock is from the server's, for as long as the controller runs. */
export class ServerClock {
  readonly #options: ServerClockOptions
  readonly #stopping = new AbortController()
  readonly #estimate = new SkewEstimate()
  #grade: Grade = 'right'
  #quickLeft = QUICK_QUESTIONS
  #hurry = Promise.withResolvers<void>()
  #running: Promise<void> | undefined
  #stepCheck: NodeJS.Timeout | undefined

  constructor(options: ServerClockOptions) {
    this.#options = options
  }

  /** How far the server's clock is ahead; 0 while it is not known. */
  get skew(): Micros {
    return this.#estimate.skew
  }

  /** Whether times of this machine are too far off to be trusted. */
  get isUncertain(): boolean {
    return Math.abs(this.skew) > UNCERTAIN_FROM
  }

  start(): void {
    this.#stepCheck = setInterval(() => this.#checkStep(), STEP_CHECK_MS)
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    clearInterval(this.#stepCheck)
    this.#stopping.abort()
    await this.#running
  }

  /** To be called when the broker is back: its server may be another one. */
  hurry(): void {
    this.#quickLeft = QUICK_QUESTIONS
    this.#hurry.resolve()
  }

  /** Asks once. */
  async measure(): Promise<void> {
    const { ask, now, log } = this.#options
    this.#checkStep()
    const asked = now()
    try {
      const server = await ask()
      if (!this.#checkStep()) this.#estimate.add({ asked, server, answered: now() })
    } catch (err) {
      // What was measured stands meanwhile: clocks drift slowly.
      if (!(err instanceof NoReplyError))
        log.warn({ event: 'clock.not-measured', err }, 'time of the server is unusable')
    }
    this.#judge()
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      await untilSettled(this.measure(), signal)
      const waitMs = this.#quickLeft > 0 ? QUICK_INTERVAL_MS : INTERVAL_MS
      this.#quickLeft = Math.max(0, this.#quickLeft - 1)
      this.#hurry = Promise.withResolvers()
      await Promise.race([pause(waitMs, signal), this.#hurry.promise])
    }
  }

  #checkStep(): boolean {
    const { now, uptimeMs, log } = this.#options
    if (!this.#estimate.noticeStep(now(), uptimeMs())) return false
    log.warn({ event: 'clock.set' }, 'the date was set, measuring anew how far it is from the server')
    this.hurry()
    return true
  }

  #judge(): void {
    const grade = gradeOf(this.skew)
    if (grade === this.#grade) return
    this.#grade = grade
    const { log } = this.#options
    const facts = { event: `clock.${grade}`, skewSeconds: this.skew / 1_000_000 }
    if (grade === 'right') log.info(facts, "clock agrees with the server's")
    else if (grade === 'off') log.warn(facts, "clock differs from the server's")
    else log.error(facts, "clock is wrong by the server's: times of readings cannot be trusted")
  }
}

function gradeOf(skew: Micros): Grade {
  const distance = Math.abs(skew)
  if (distance > UNCERTAIN_FROM) return 'wrong'
  return distance > WARN_FROM ? 'off' : 'right'
}
