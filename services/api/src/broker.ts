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
    const { connected } = this
    if (connected === undefined) throw new AppError('broker.unavailable')
    return connected
  }

  /** The same for what can do without; undefined while there is none. */
  get connected(): Bus | undefined {
    return this.#bus?.status() === 'connected' ? this.#bus : undefined
  }

  async close(): Promise<void> {
    await this.#bus?.close()
  }
}
