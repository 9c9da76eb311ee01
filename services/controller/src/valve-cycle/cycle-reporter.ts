import type { Bucket } from '@webmacs/bus'
import { controllerKeys, type ReportedValveCycle } from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'
import { BackOff } from '../back-off.ts'
import { pause, untilSettled } from '../supervision/waiting.ts'

export interface CycleReporterOptions {
  readonly bucket: Pick<Bucket<ReportedValveCycle>, 'put' | 'delete'>
  readonly controller: string
  readonly log: Pick<Logger, 'warn'>
}

const STOP_DEADLINE_MS = 1000
const RETRY = { firstMs: 500, maxMs: 15_000 }

/** Tells how the cycle is, the newest state only, for as long as it takes until the broker has it. */
export class CycleReporter {
  readonly #options: CycleReporterOptions
  readonly #stopping = new AbortController()
  #state: ReportedValveCycle | undefined
  #isTold = true
  #woken = Promise.withResolvers<void>()
  #running: Promise<void> | undefined

  constructor(options: CycleReporterOptions) {
    this.#options = options
  }

  start(): void {
    this.#running = this.#run()
  }

  /** @param state undefined: there is no cycle, and what was told of it goes */
  report(state: ReportedValveCycle | undefined): void {
    this.#state = state
    this.repeat()
  }

  /** After the broker was away, it may have lost what it knew. */
  repeat(): void {
    this.#isTold = false
    this.#woken.resolve()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#woken.resolve()
    await untilSettled(this.#tellTheRest(), AbortSignal.timeout(STOP_DEADLINE_MS))
  }

  async #tellTheRest(): Promise<void> {
    await this.#running
    try {
      await this.#tell()
    } catch (err) {
      this.#options.log.warn({ event: 'valve-cycle.not-reported', err }, 'last state could not be reported')
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    const backOff = new BackOff(RETRY)
    while (!signal.aborted) {
      await this.#woken.promise
      this.#woken = Promise.withResolvers()
      try {
        if (!signal.aborted) await this.#tell()
        backOff.reset()
      } catch (err) {
        const waitMs = backOff.nextMs()
        this.#options.log.warn({ event: 'valve-cycle.report-failed', err, waitMs }, 'state could not be reported')
        await pause(waitMs, signal)
        this.repeat()
      }
    }
  }

  async #tell(): Promise<void> {
    if (this.#isTold) return
    const { bucket, controller } = this.#options
    const key = controllerKeys.cycleState(controller)
    this.#isTold = true
    if (this.#state === undefined) await bucket.delete(key)
    else await bucket.put(key, this.#state)
  }
}
