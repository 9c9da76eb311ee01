import type { DatabaseSync } from 'node:sqlite'
import type { Logger } from '@webmacs/service-kit'
import type { InstanceWatch } from '../gaps/instance-watch.ts'
import type { DiskOutbox } from './disk-outbox.ts'
import { DiskSafety } from './disk-safety.ts'
import type { FillRate } from './fill-rate.ts'
import type { LevelAlarm } from './level-alarm.ts'

export interface OutboxKeeperOptions {
  readonly outbox: DiskOutbox
  readonly watch: InstanceWatch
  readonly alarm: LevelAlarm
  readonly fill: FillRate
  readonly path: string
  readonly log: Pick<Logger, 'warn'>
}

const INTERVAL_MS = 1000
/** Frames that a checkpoint kept from the file are written as soon as it lets them. */
const RETRY_MS = 20

/** What an outbox needs once a second: what it knows written down, all of it brought onto the disk, and its bounds looked after. */
export class OutboxKeeper {
  readonly #options: OutboxKeeperOptions
  readonly #safety: DiskSafety
  #timers: NodeJS.Timeout[] = []
  #securedBytes = 0
  #db: DatabaseSync

  constructor(options: OutboxKeeperOptions) {
    this.#options = options
    this.#safety = new DiskSafety(options)
    this.#db = options.outbox.shelf.db
  }

  start(): void {
    this.#timers = [
      setInterval(() => void this.keep(), INTERVAL_MS),
      setInterval(() => this.#options.outbox.shelf.retry(), RETRY_MS),
    ]
  }

  /** Resolves when everything that was appended before would survive a loss of power. Never rejects. */
  async keep(): Promise<void> {
    const { outbox, watch, alarm, fill } = this.#options
    const { shelf, gaps } = outbox
    outbox.tend()
    const level = outbox.level()
    alarm.look(level)
    fill.note(level)
    shelf.attempt(() => {
      gaps.save()
      watch.save(shelf.db, shelf.next - 1)
    })
    const bytes = shelf.writtenBytes - this.#securedBytes
    this.#securedBytes = shelf.writtenBytes
    if (this.#db !== shelf.db) await this.#safety.renew()
    this.#db = shelf.db
    if (!shelf.isInMemory) await this.#safety.secure(bytes)
  }

  /** At the end: writes down what is known, then closes the file. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    await this.keep()
    await this.#safety.stop()
    this.#options.outbox.close()
  }
}
