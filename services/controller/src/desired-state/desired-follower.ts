import { type Bucket, type BucketEntry, type Bus, untilConnected } from '@webmacs/bus'
import { controllerKeys, type DesiredInstance } from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'
import { BackOff } from '../back-off.ts'
import { pause } from '../supervision/waiting.ts'
import type { DesiredMemory } from './desired-memory.ts'

export interface DesiredFollowerOptions {
  readonly bus: Pick<Bus, 'status' | 'onStatus'>
  readonly bucket: Bucket<DesiredInstance>
  readonly memory: Pick<DesiredMemory, 'load' | 'keep'>
  readonly controller: string
  readonly log: Logger
  readonly apply: (instance: string, desired: DesiredInstance | undefined) => void
  /** All that is wanted is known and has been applied; what else there was is wanted no more. May be called again after it failed. */
  readonly settled: (wanted: ReadonlySet<string>) => Promise<void>
}

const RETRY = { firstMs: 500, maxMs: 15_000 }

/**
 * Applies what api wants of this controller as it is now, and each change of it. Without a broker the last known wishes stay in force, also
 * those of a controller before this one; what was removed meanwhile goes when the broker is back.
 */
export class DesiredFollower {
  readonly #options: DesiredFollowerOptions
  readonly #stopping = new AbortController()
  readonly #wanted = new Map<string, DesiredInstance>()
  #following: Promise<void> | undefined

  constructor(options: DesiredFollowerOptions) {
    this.#options = options
  }

  /** Resolves when what is wanted was applied: as the broker has it, or, when it does not answer, as it was known last. */
  async start(): Promise<void> {
    const { bus, memory, log } = this.#options
    const isKnown = bus.status() === 'connected' && (await this.#synchronise())
    if (!isKnown) {
      const remembered = await memory.load()
      log.warn({ event: 'desired.remembered', instances: remembered.length }, 'no broker, doing what was wanted last')
      for (const desired of remembered) this.#put(desired.instance, desired)
    }
    this.#following = this.#follow(isKnown)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#following
  }

  async #follow(isKnown: boolean): Promise<void> {
    const { bus, bucket, controller } = this.#options
    const { signal } = this.#stopping
    const backOff = new BackOff(RETRY)
    for (let isSynchronised = isKnown; !isSynchronised; ) {
      await untilConnected(bus, signal).catch(() => undefined) // it fails when we stop
      if (signal.aborted) return
      isSynchronised = await this.#synchronise()
      if (!isSynchronised) await pause(backOff.nextMs(), signal)
    }
    for await (const entry of bucket.watch(controllerKeys.allDesired(controller), { signal })) {
      this.#take(entry)
      this.#keep()
    }
  }

  /** @returns false when the broker did not answer */
  async #synchronise(): Promise<boolean> {
    const { bucket, controller, log, settled } = this.#options
    try {
      const entries = await bucket.entries(controllerKeys.allDesired(controller))
      const found = new Set(
        [...entries].filter(([key, value]) => this.#take({ key, value })).map(([key]) => instanceOf(key)),
      )
      for (const instance of [...this.#wanted.keys()]) if (!found.has(instance)) this.#put(instance, undefined)
      this.#keep()
      await settled(found)
      return true
    } catch (err) {
      log.warn({ event: 'desired.not-known', err }, 'the broker does not say what is wanted')
      return false
    }
  }

  /** The watch tells what is there already once more; applying the same twice changes nothing. */
  #take({ key, value }: BucketEntry<DesiredInstance>): boolean {
    const instance = instanceOf(key)
    if (value !== undefined && value.instance !== instance) {
      this.#options.log.warn({ event: 'desired.misplaced', key, instance: value.instance }, 'key and value disagree')
      return false
    }
    this.#put(instance, value)
    return value !== undefined
  }

  #put(instance: string, desired: DesiredInstance | undefined): void {
    if (desired === undefined) this.#wanted.delete(instance)
    else this.#wanted.set(instance, desired)
    this.#options.apply(instance, desired)
  }

  #keep(): void {
    this.#options.memory.keep(this.#wanted.values())
  }
}

/** The last token of `<controller>.desired.<instance>`. */
const instanceOf = (key: string): string => key.slice(key.lastIndexOf('.') + 1)
