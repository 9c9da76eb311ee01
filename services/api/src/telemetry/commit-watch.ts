import { type Bus, parseJson } from '@webmacs/bus'
import { type SequenceRange, Watermark } from '@webmacs/contracts'
import { createValidator } from '@webmacs/contracts/validation'
import type { OwnSource } from './own-source.ts'

interface Waiting {
  readonly span: SequenceRange
  readonly end: (isCommitted: boolean) => void
}

/** Follows what the writer says that it has committed of this process's frames. */
export class CommitWatch {
  readonly #validate = createValidator(Watermark, 'watermark')
  readonly #waiting = new Set<Waiting>()
  #newest: Watermark | undefined
  #subscription: { unsubscribe(): void } | undefined

  start(bus: Bus, source: OwnSource): void {
    this.#subscription = bus.nc.subscribe(bus.names.subjects.watermarks(source.name), {
      callback: (err, message) => {
        if (err) bus.log.error({ event: 'commits.subscription-failed', err }, 'subscription to watermarks failed')
        else this.#take(message.data, source.epoch)
      },
    })
  }

  stop(): void {
    this.#subscription?.unsubscribe()
    for (const { end } of this.#waiting) end(false)
  }

  /** Waits until all frames of these numbers are committed; false when the deadline came first. */
  async committed(span: SequenceRange, deadlineMs: number): Promise<boolean> {
    if (covers(this.#newest, span)) return true
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const waiting = { span, end: resolve }
    const timer = setTimeout(() => resolve(false), deadlineMs)
    this.#waiting.add(waiting)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(waiting)
    }
  }

  #take(data: Uint8Array, epoch: string): void {
    const result = this.#validate(parseJson(data))
    // Two writers tell the same table's state: what comes second may be the older one.
    if (!result.ok || result.value.epoch !== epoch || lastOf(result.value) < lastOf(this.#newest)) return
    this.#newest = result.value
    for (const { span, end } of this.#waiting) if (covers(this.#newest, span)) end(true)
  }
}

const lastOf = (watermark: Watermark | undefined): number => watermark?.ranges.at(-1)?.last ?? 0

const covers = (watermark: Watermark | undefined, { first, last }: SequenceRange): boolean =>
  watermark?.ranges.some((range) => range.first <= first && range.last >= last) === true
