import type { Bucket } from '@webmacs/bus'
import { type ControllerInventory, controllerKeys } from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'
import { BackOff } from '../back-off.ts'
import { pause } from '../supervision/waiting.ts'

export interface InventoryReporterOptions {
  readonly bucket: Pick<Bucket<ControllerInventory>, 'put'>
  /** As it is now. */
  readonly inventory: () => ControllerInventory
  readonly log: Pick<Logger, 'info' | 'warn'>
}

const RETRY = { firstMs: 500, maxMs: 15_000 }

/** Tells which drivers this controller has, for as long as it takes until the broker has it as it is. */
export class InventoryReporter {
  readonly #options: InventoryReporterOptions
  readonly #stopping = new AbortController()
  #telling: Promise<void> | undefined
  /** Whether it may have changed since it was last read. */
  #isNews = false

  constructor(options: InventoryReporterOptions) {
    this.#options = options
  }

  /** Resolves when it is told, or will not be any more. What changes while it is being told is told after it. */
  tell(): Promise<void> {
    this.#isNews = true
    this.#telling ??= this.#tellUntilItIsHeard().finally(() => {
      this.#telling = undefined
    })
    return this.#telling
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#telling
  }

  async #tellUntilItIsHeard(): Promise<void> {
    const { bucket, log } = this.#options
    const { signal } = this.#stopping
    const backOff = new BackOff(RETRY)
    while (this.#isNews && !signal.aborted) {
      this.#isNews = false
      const inventory = this.#options.inventory()
      try {
        await bucket.put(controllerKeys.inventory(inventory.controller), inventory)
        log.info({ event: 'inventory.written', plugins: inventory.plugins.map(({ id }) => id) }, 'inventory written')
        backOff.reset()
      } catch (err) {
        this.#isNews = true
        const waitMs = backOff.nextMs()
        log.warn({ event: 'inventory.not-written', err, waitMs }, 'inventory could not be written, trying again')
        await pause(waitMs, signal)
      }
    }
  }
}
