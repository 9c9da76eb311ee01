import type { Bucket } from '@webmacs/bus'
import { controllerKeys, type DesiredPackages } from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'
import { BackOff } from '../back-off.ts'
import { pause } from '../supervision/waiting.ts'
import type { UploadedPackages } from './uploaded-packages.ts'

export interface PackageFollowerOptions {
  readonly bucket: Bucket<DesiredPackages>
  readonly packages: UploadedPackages
  readonly log: Logger
}

const RETRY = { firstMs: 500, maxMs: 30_000 }

/** Has packages installed, replaced, rolled back and removed, one thing after the other: at start, when api wants something else, and again until it is done. */
export class PackageFollower {
  readonly #options: PackageFollowerOptions
  readonly #stopping = new AbortController()
  /** What is to be done about packages in use, in order. */
  #measures: (() => Promise<void>)[] = []
  /** What is wanted and not done yet. Without a word of api nothing is touched: a broker that lost its disk wants nothing. */
  #wanted: DesiredPackages | undefined
  #woken = Promise.withResolvers<void>()
  #running: Promise<unknown> | undefined

  constructor(options: PackageFollowerOptions) {
    this.#options = options
  }

  start(): void {
    this.#running = Promise.all([this.#watch(), this.#work()])
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#woken.resolve()
    await this.#running
  }

  /** What became of the start of an instance's process; `end` is why it ended before that. */
  noteStart(instance: string, plugin: string, end: string | undefined): void {
    const measure = this.#options.packages.note(instance, plugin, end)
    if (measure === undefined) return
    this.#measures.push(measure)
    this.#woken.resolve()
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopping
    for await (const { value } of this.#options.bucket.watch(controllerKeys.packages, { signal })) {
      if (value === undefined) continue
      this.#wanted = value
      this.#woken.resolve()
    }
  }

  async #work(): Promise<void> {
    const { signal } = this.#stopping
    const backOff = new BackOff(RETRY)
    while (!signal.aborted) {
      await this.#woken.promise
      this.#woken = Promise.withResolvers()
      try {
        if (!signal.aborted) await this.#doAll()
        backOff.reset()
      } catch (err) {
        if (signal.aborted) return
        const waitMs = backOff.nextMs()
        this.#options.log.warn({ event: 'packages.failed', err, waitMs }, 'packages are not as wanted, trying again')
        await pause(waitMs, signal)
        this.#woken.resolve()
      }
    }
  }

  async #doAll(): Promise<void> {
    for (let measure = this.#measures.shift(); measure !== undefined; measure = this.#measures.shift()) await measure()
    const wanted = this.#wanted
    if (wanted === undefined) return
    await this.#options.packages.follow(wanted)
    if (this.#wanted === wanted) this.#wanted = undefined
  }
}
