import type { Bus } from '@webmacs/bus'
import { AppError } from '@webmacs/contracts'

/** The connection to the broker as requests see it: this service answers before it has one, and while it is lost. */
export class Broker {
  #bus: Bus | undefined

  /** From now on there is a connection, which comes back by itself when it breaks. */
  attach(bus: Bus): void {
    this.#bus = bus
  }

  /** @throws AppError `broker.unavailable` while there is none */
  get bus(): Bus {
    if (this.#bus === undefined || this.#bus.status() !== 'connected') throw new AppError('broker.unavailable')
    return this.#bus
  }

  async close(): Promise<void> {
    await this.#bus?.close()
  }
}
