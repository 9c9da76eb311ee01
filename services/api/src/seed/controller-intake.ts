import type { ControllerInventory } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import type { Logger } from '@webmacs/service-kit'
import type { Kysely } from 'kysely'
import type { Changes } from '../changes/changes.ts'
import { firstSuccess } from '../first-success.ts'
import { ensureController } from '../plugins/ensure-controller.ts'
import { seedDemoInstances } from './demo-instances.ts'

interface IntakeOptions {
  readonly db: Kysely<Tables>
  readonly changes: Changes
  readonly log: Logger
  readonly signal: AbortSignal
  readonly seedsDemo: boolean
}

/** Makes a row for each controller that shows up, and the demo instances for the first one. One at a time, in order of their coming. */
export class ControllerIntake {
  readonly #options: IntakeOptions
  #work: Promise<void> = Promise.resolve()

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  take(inventory: ControllerInventory): void {
    const { log, signal } = this.#options
    const attempt = { what: `controller ${inventory.controller}`, log, signal }
    this.#work = this.#work
      .then(() => firstSuccess(() => this.#takeOne(inventory), attempt))
      .catch((err: unknown) => {
        // Only a stop ends the trying.
        if (!signal.aborted)
          log.error({ event: 'controller.not-taken', controller: inventory.controller, err }, 'controller not taken')
      })
  }

  /** Resolves when all that was taken so far is done. */
  async settled(): Promise<void> {
    await this.#work
  }

  async #takeOne(inventory: ControllerInventory): Promise<void> {
    const { db, changes, log, seedsDemo } = this.#options
    await ensureController(db, inventory.controller)
    if (!seedsDemo) return
    const instances = await seedDemoInstances(changes, inventory)
    if (instances.length > 0) log.info({ event: 'seed.demo-made', instances }, 'demo instances made')
  }
}
