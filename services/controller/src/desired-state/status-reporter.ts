import { isDeepStrictEqual } from 'node:util'
import type { Bucket } from '@webmacs/bus'
import { controllerKeys, formatTime, nowMicros, type ReportedInstance } from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'
import { BackOff } from '../back-off.ts'
import type { InstanceReport } from '../supervision/plugin-instance.ts'
import { pause, untilSettled } from '../supervision/waiting.ts'

export interface StatusReporterOptions {
  readonly bucket: Bucket<ReportedInstance>
  readonly controller: string
  readonly log: Logger
}

/** A state that changes back and forth is told at most this often. */
const MIN_INTERVAL_MS = 250
const STOP_DEADLINE_MS = 1000
const RETRY = { firstMs: 500, maxMs: 15_000 }

/** Tells how each instance is: when it changes, the newest state only, for as long as it takes until the broker has it. */
export class StatusReporter {
  readonly #options: StatusReporterOptions
  readonly #reports = new Map<string, InstanceReport | undefined>()
  readonly #untold = new Set<string>()
  readonly #stopping = new AbortController()
  #woken = Promise.withResolvers<void>()
  #running: Promise<void> | undefined

  constructor(options: StatusReporterOptions) {
    this.#options = options
  }

  start(): void {
    this.#running = this.#run()
  }

  /** @param report undefined: the instance is gone, and so is what was told of it */
  report(instance: string, report: InstanceReport | undefined): void {
    if (this.#reports.has(instance) && isDeepStrictEqual(this.#reports.get(instance), report)) return
    this.#reports.set(instance, report)
    this.#untold.add(instance)
    this.#woken.resolve()
  }

  /** Tells everything once more: after the broker was away, it may have lost what it knew. */
  repeat(): void {
    for (const instance of this.#reports.keys()) this.#untold.add(instance)
    this.#woken.resolve()
  }

  /** Removes what was told of instances that are not wanted any more, while this controller was not there. */
  async forgetOthers(wanted: ReadonlySet<string>): Promise<void> {
    const { bucket, controller } = this.#options
    for (const key of (await bucket.entries(controllerKeys.reported(controller, '*'))).keys()) {
      if (!wanted.has(key.slice(key.lastIndexOf('.') + 1))) await bucket.delete(key)
    }
  }

  /** Tells what is untold once more, if the broker listens, then no more. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#woken.resolve()
    await untilSettled(this.#tellTheRest(), AbortSignal.timeout(STOP_DEADLINE_MS))
  }

  async #tellTheRest(): Promise<void> {
    await this.#running
    try {
      await this.#tellAll()
    } catch (err) {
      this.#options.log.warn({ event: 'status.not-reported', err }, 'last status could not be reported')
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    const backOff = new BackOff(RETRY)
    while (!signal.aborted) {
      await this.#woken.promise
      this.#woken = Promise.withResolvers()
      try {
        if (!signal.aborted) await this.#tellAll()
        backOff.reset()
        await pause(MIN_INTERVAL_MS, signal)
      } catch (err) {
        const waitMs = backOff.nextMs()
        this.#options.log.warn({ event: 'status.report-failed', err, waitMs }, 'status could not be reported')
        await pause(waitMs, signal)
        this.#woken.resolve()
      }
    }
  }

  async #tellAll(): Promise<void> {
    for (const instance of [...this.#untold]) {
      this.#untold.delete(instance)
      try {
        await this.#tell(instance, this.#reports.get(instance))
      } catch (err) {
        this.#untold.add(instance)
        throw err
      }
    }
  }

  async #tell(instance: string, report: InstanceReport | undefined): Promise<void> {
    const { bucket, controller } = this.#options
    const key = controllerKeys.reported(controller, instance)
    if (report === undefined) await bucket.delete(key)
    else await bucket.put(key, { ...report, updated_on: formatTime(nowMicros()) })
  }
}
