import { publishChange } from '@webmacs/bus'
import { type Change, formatTime, nowMicros } from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'
import type { Broker } from '../broker.ts'

export type ChangeListener = (change: Change) => void

/**
 * Tells the rest of the system what was changed. Called after the commit: a change that could not be told is still made, and whoever follows
 * changes reads everything anew when it has lost touch with the broker.
 */
export class ChangeFeed {
  readonly #broker: Broker
  readonly #log: Logger
  readonly #listeners = new Set<ChangeListener>()

  constructor({ broker, log }: { broker: Broker; log: Logger }) {
    this.#broker = broker
    this.#log = log
  }

  /** Calls the listener with each change that this instance makes, before anybody else hears of it. */
  onChange(listener: ChangeListener): void {
    this.#listeners.add(listener)
  }

  async announce(made: Omit<Change, 'time'>): Promise<void> {
    const change: Change = { ...made, time: formatTime(nowMicros()) }
    for (const listener of this.#listeners) listener(change)
    try {
      await publishChange(this.#broker.bus, change)
    } catch (err) {
      this.#log.warn({ event: 'change.not-published', change, err }, 'change was made, but could not be told')
    }
  }
}
