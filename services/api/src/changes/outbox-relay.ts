import { setTimeout as delay } from 'node:timers/promises'
import { type Bus, parseJson, publishChange } from '@webmacs/bus'
import { Change, formatTime } from '@webmacs/contracts'
import { createValidator } from '@webmacs/contracts/validation'
import type { Tables } from '@webmacs/database'
import type { Logger } from '@webmacs/service-kit'
import type { Kysely } from 'kysely'
import { tryLock } from '../instance-lock.ts'
import { whileConnected } from '../while-connected.ts'
import type { Changes } from './changes.ts'

interface RelayOptions {
  readonly db: Kysely<Tables>
  readonly bus: Bus
  readonly changes: Changes
  readonly log: Logger
}

/** Also without news of our own: another instance may have died between its commit and its telling. */
const INTERVAL_MS = 400
/** While another instance is telling, which may have looked before our commit. */
const BUSY_RETRY_MS = 50
const FAILED_RETRY_MS = 1000
const AT_ONCE = 200

/** Tells the bus what stands in the outbox, oldest first, and tells this instance what the bus says that others changed. */
export class OutboxRelay {
  readonly #options: RelayOptions
  readonly #validate = createValidator(Change, 'change')
  #wake = Promise.withResolvers<void>()
  #running: Promise<void> | undefined
  #subscription: { unsubscribe(): void } | undefined

  constructor(options: RelayOptions) {
    this.#options = options
  }

  /** Works until the signal fires. */
  start(signal: AbortSignal): void {
    const { bus, changes, log } = this.#options
    this.#subscription = bus.nc.subscribe(bus.names.subjects.allChanges, {
      callback: (err, message) => {
        if (err) log.error({ event: 'changes.subscription-failed', err }, 'subscription to changes failed')
        else this.#hear(message.data)
      },
    })
    const wake = (): void => this.#wake.resolve()
    bus.onStatus(wake)
    changes.onCommitted(wake)
    signal.addEventListener('abort', wake, { once: true })
    wake()
    this.#running = this.#run(signal)
  }

  async stopped(): Promise<void> {
    await this.#running
    this.#subscription?.unsubscribe()
  }

  async #run(signal: AbortSignal): Promise<void> {
    let pauseMs = 0
    while (!signal.aborted) {
      if (pauseMs > 0)
        await delay(pauseMs, undefined, { signal }).catch(() => undefined) // an abort ends the loop
      else await this.#nextWake()
      if (signal.aborted) return
      pauseMs = await this.#relay()
    }
  }

  /** @returns how long to wait before trying again, ms; 0: until there is something new */
  async #relay(): Promise<number> {
    const { db, bus, log } = this.#options
    if (bus.status() !== 'connected') return 0 // its coming back wakes the loop
    try {
      let told: number | undefined
      do {
        told = await tellBatch(db, bus)
      } while (told === AT_ONCE)
      return told === undefined ? BUSY_RETRY_MS : 0
    } catch (err) {
      log.warn({ event: 'changes.not-told', err }, 'changes could not be told, trying again')
      return FAILED_RETRY_MS
    }
  }

  async #nextWake(): Promise<void> {
    const timer = setTimeout(() => this.#wake.resolve(), INTERVAL_MS)
    await this.#wake.promise
    clearTimeout(timer)
    this.#wake = Promise.withResolvers()
  }

  #hear(data: Uint8Array): void {
    const change = this.#validate(parseJson(data))
    if (change.ok) this.#options.changes.tell(change.value)
  }
}

/** @returns how many were told; undefined when another instance is at it, or has to be */
function tellBatch(db: Kysely<Tables>, bus: Bus): Promise<number | undefined> {
  return db.transaction().execute(async (trx) => {
    if (!(await tryLock(trx, 'outbox'))) return undefined
    const waiting = await trx.selectFrom('change_outbox').selectAll().orderBy('id').limit(AT_ONCE).execute()
    await whileConnected(bus, async (signal) => {
      for (const { id, time, entity, verb, entity_id, user_public_id } of waiting) {
        signal.throwIfAborted()
        const change: Change = { entity, verb, id: entity_id, time: formatTime(time), by: user_public_id }
        await publishChange(bus, change, `change-${id}`)
      }
    })
    const told = waiting.map(({ id }) => id)
    if (told.length > 0) await trx.deleteFrom('change_outbox').where('id', 'in', told).execute()
    return told.length
  })
}
