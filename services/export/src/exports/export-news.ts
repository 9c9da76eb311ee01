import { type Bus, parseJson, publishChange } from '@webmacs/bus'
import { Change, formatTime, nowMicros, type UserId } from '@webmacs/contracts'
import { createValidator } from '@webmacs/contracts/validation'
import type { Logger } from '@webmacs/service-kit'

export type ExportVerb = 'created' | 'started' | 'finished' | 'failed' | 'cancelled' | 'expired'

export type ExportNewsListener = (news: { readonly verb: string; readonly id: string }) => void

/** What happens to exports, told to whoever follows changes, and heard from the other processes. The table is right without it, only later. */
export class ExportNews {
  readonly #bus: Bus
  readonly #log: Logger
  readonly #listeners = new Set<ExportNewsListener>()
  readonly #validate = createValidator(Change, 'change')
  #subscription: { unsubscribe(): void } | undefined

  constructor(bus: Bus, log: Logger) {
    this.#bus = bus
    this.#log = log
  }

  start(): void {
    const subject = this.#bus.names.subjects.changes('export', '*')
    this.#subscription = this.#bus.nc.subscribe(subject, {
      callback: (err, message) => {
        if (err) return this.#log.error({ event: 'exports.subscription-failed', err }, 'subscription to exports failed')
        const result = this.#validate(parseJson(message.data))
        if (result.ok) for (const listener of this.#listeners) listener(result.value)
      },
    })
  }

  onNews(listener: ExportNewsListener): void {
    this.#listeners.add(listener)
  }

  /** Never fails and waits for nothing: call it when the change is committed. */
  tell(verb: ExportVerb, id: string, by: UserId | null): void {
    if (this.#bus.status() !== 'connected') return
    const change = { entity: 'export', verb, id, time: formatTime(nowMicros()), by }
    publishChange(this.#bus, change).catch((err: unknown) =>
      this.#log.warn({ event: 'exports.news-lost', err, verb, id }, 'change of an export could not be told'),
    )
  }

  stop(): void {
    this.#subscription?.unsubscribe()
  }
}
