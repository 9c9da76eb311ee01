import type { Micros } from '@webmacs/contracts'
import { addReading, ROLLUP_SPAN, type Rollup, rollupOf } from './rollup.ts'

export interface KeyedRollup {
  readonly event: number
  readonly bucket: Micros
  readonly rollup: Rollup
}

interface EventBuckets {
  /** The bucket written last: readings of one event mostly follow one another within a minute. */
  bucket: Micros
  current: Rollup
  readonly all: Map<Micros, Rollup>
}

/** Rollups of one batch, per event and minute. */
export class RollupAccumulator {
  readonly #events = new Map<number, EventBuckets>()

  add(event: number, value: number, time: Micros): void {
    const known = this.#events.get(event)
    if (known !== undefined && time >= known.bucket && time < known.bucket + ROLLUP_SPAN) {
      addReading(known.current, value, time)
      return
    }
    const bucket = Math.floor(time / ROLLUP_SPAN) * ROLLUP_SPAN
    const existing = known?.all.get(bucket)
    if (existing === undefined) this.#open(known, event, bucket, rollupOf(value, time))
    else {
      addReading(existing, value, time)
      if (known !== undefined) {
        known.bucket = bucket
        known.current = existing
      }
    }
  }

  #open(known: EventBuckets | undefined, event: number, bucket: Micros, rollup: Rollup): void {
    if (known === undefined) this.#events.set(event, { bucket, current: rollup, all: new Map([[bucket, rollup]]) })
    else {
      known.all.set(bucket, rollup)
      known.bucket = bucket
      known.current = rollup
    }
  }

  /** In order of the table's key: writers that lock rows in one order cannot deadlock, and the index likes it too. */
  inKeyOrder(): KeyedRollup[] {
    const keyed: KeyedRollup[] = []
    for (const [event, { all }] of this.#events) {
      for (const [bucket, rollup] of all) keyed.push({ event, bucket, rollup })
    }
    return keyed.sort((a, b) => a.event - b.event || a.bucket - b.bucket)
  }
}
