import { type DevicePlugin, hasPluginErrorCode, type PluginLog } from '@webmacs/plugin-sdk'
import { callDevice, heedsItsSignal } from './device-call.ts'
import type { Timers } from './timers.ts'

export interface WatchdogFeederOptions {
  readonly device: Pick<DevicePlugin<unknown>, 'watchdog' | 'feedWatchdog'>
  readonly timers: Timers
  readonly log: PluginLog
  /** Whether all is well, so that the device need not help itself. */
  readonly mayFeed: () => boolean
  readonly lost: (err: unknown) => void
  readonly hung: () => void
}

/** Two of three feeds may be late or fail. */
const FEEDS_PER_PERIOD = 3

/** Feeds the device's own watchdog as long as it is connected, where it has one. */
export class WatchdogFeeder {
  readonly #options: WatchdogFeederOptions
  #stopping: AbortController | undefined
  #cancel: (() => void) | undefined

  constructor(options: WatchdogFeederOptions) {
    this.#options = options
  }

  start(): void {
    const periodMs = this.#options.device.watchdog
    if (periodMs === undefined) return
    const stopping = new AbortController()
    this.#stopping = stopping
    void this.#feed(periodMs, stopping.signal)
  }

  stop(): void {
    this.#stopping?.abort()
    this.#cancel?.()
  }

  async #feed(periodMs: number, stop: AbortSignal): Promise<void> {
    const { device, timers, log, mayFeed, lost, hung } = this.#options
    if (stop.aborted) return
    this.#cancel = timers.after(periodMs / FEEDS_PER_PERIOD, () => void this.#feed(periodMs, stop))
    if (!mayFeed()) return
    const call = callDevice((signal) => device.feedWatchdog(signal), {
      ...{ what: 'feeding the watchdog', timers, stop },
      deadlineMs: periodMs / FEEDS_PER_PERIOD,
    })
    try {
      await call.outcome
    } catch (err) {
      if (stop.aborted) return
      log.warn({ event: 'device.watchdog-not-fed', err }, "the device's watchdog was not fed")
      if (hasPluginErrorCode(err, 'connection')) lost(err)
      if (!(await heedsItsSignal(call, { timers, stop }))) hung()
    }
  }
}
