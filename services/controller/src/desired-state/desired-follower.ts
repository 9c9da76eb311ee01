import type { Bucket, BucketEntry } from '@webmacs/bus'
import { controllerKeys, type DesiredInstance } from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'

export interface DesiredFollowerOptions {
  readonly bucket: Bucket<DesiredInstance>
  readonly controller: string
  readonly log: Logger
  readonly apply: (instance: string, desired: DesiredInstance | undefined) => void
}

/** Applies what api wants of this controller as it is now, and each change of it. Without a broker the last known wishes stay in force. */
export class DesiredFollower {
  readonly #options: DesiredFollowerOptions
  readonly #stopping = new AbortController()
  #following: Promise<void> | undefined

  constructor(options: DesiredFollowerOptions) {
    this.#options = options
  }

  /** Resolves with the instances that are wanted now, which have been applied. */
  async start(): Promise<ReadonlySet<string>> {
    const { bucket, controller } = this.#options
    const wanted = new Set<string>()
    for (const [key, value] of await bucket.entries(controllerKeys.allDesired(controller))) {
      if (this.#take({ key, value })) wanted.add(instanceOf(key))
    }
    this.#following = this.#follow()
    return wanted
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#following
  }

  async #follow(): Promise<void> {
    const { bucket, controller } = this.#options
    const { signal } = this.#stopping
    for await (const entry of bucket.watch(controllerKeys.allDesired(controller), { signal })) this.#take(entry)
  }

  /** The watch tells what is there already once more; applying the same twice changes nothing. */
  #take({ key, value }: BucketEntry<DesiredInstance>): boolean {
    const instance = instanceOf(key)
    if (value !== undefined && value.instance !== instance) {
      this.#options.log.warn({ event: 'desired.misplaced', key, instance: value.instance }, 'key and value disagree')
      return false
    }
    this.#options.apply(instance, value)
    return value !== undefined
  }
}

/** The last token of `<controller>.desired.<instance>`. */
const instanceOf = (key: string): string => key.slice(key.lastIndexOf('.') + 1)
