import type { Bucket } from '@webmacs/bus'
import { type ControllerInventory, controllerKeys } from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'
import { BackOff } from '../back-off.ts'
import { pause } from '../supervision/waiting.ts'

export interface InventoryReporterOptions {
  readonly bucket: Pick<Bucket<ControllerInventory>, 'put'>
  readonly inventory: ControllerInventory
  readonly log: Pick<Logger, 'info' | 'warn'>
}

const RETRY = { firstMs: 500, maxMs: 15_000 }

/** Tells which drivers this controller has, for as long as it takes until the broker has it. */
export class InventoryReporter {
  readonly #options: InventoryReporterOptions
  readonly #stopping = new AbortController()
  #telling: Promise<void> | undefined

  constructor(options: InventoryReporterOptions) {
    this.#options = options
  }

  /** Resolves when it is told, or will not be any more. While it is being told, nothing is begun again. */
  tell(): Promise<void> {
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
    const { bucket, inventory, log } = this.#options
    const { signal } = this.#stopping
    const backOff = new BackOff(RETRY)
    while (!signal.aborted) {
      try {
        await bucket.put(controllerKeys.inventory(inventory.controller), inventory)
        log.info({ event: 'inventory.written', plugins: inventory.plugins.map(({ id }) => id) }, 'inventory written')
        return
      } catch (err) {
        const waitMs = backOff.nextMs()
        log.warn({ event: 'inventory.not-written', err, waitMs }, 'inventory could not be written, trying again')
        await pause(waitMs, signal)
      }
    }
  }
}
