import type { DatabaseSync } from 'node:sqlite'
import {
  type EventId,
  formatTime,
  type GapReason,
  type InstanceId,
  type Micros,
  type ReportGap,
} from '@webmacs/contracts'
import type { DroppedFrames } from '../outbox/outbox.ts'

/** Readings that will never come, as far as this controller knows. */
export interface Gap {
  readonly reason: GapReason
  readonly from: Micros
  readonly to: Micros
  readonly instance: InstanceId | null
  readonly events: readonly EventId[]
  readonly frames: { readonly epoch: string; readonly firstSeq: number; readonly lastSeq: number } | null
}

interface Entry {
  readonly id: number
  gap: Gap
  /** It is being told, or was: what it says must not change any more. */
  told: boolean
  isKept: boolean
}

/** More than a lab makes in years; beyond it, the oldest that were not heard go. */
const MAX_ENTRIES = 10_000

/**
 * Gaps that the historian does not know yet. Kept beside the frames, so that a controller that is killed still tells them; while the disk
 * takes nothing, in memory.
 */
export class GapBook {
  #db: DatabaseSync
  readonly #entries = new Map<number, Entry>()
  #settled: number[] = []
  #nextId = 1
  #onAdded: () => void = () => undefined

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  /** Reads what a controller before left. May throw SQLite's errors. */
  load(): void {
    for (const row of this.#db.prepare('SELECT id, gap FROM gaps ORDER BY id').all()) {
      const gap = JSON.parse(String(row.gap)) as Gap // as `save` wrote it
      // It may have been told before the controller ended, so it stays as it is.
      this.#entries.set(Number(row.id), { id: Number(row.id), gap, told: true, isKept: true })
    }
    this.#nextId = Math.max(0, ...this.#entries.keys()) + 1
  }

  get size(): number {
    return this.#entries.size
  }

  /** @param listener is called when there is something new to tell */
  onAdded(listener: () => void): void {
    this.#onAdded = listener
  }

  /** What is known goes into this file from now on; or into the same once more, when a transaction was rolled back. */
  moveTo(db: DatabaseSync): void {
    this.#db = db
    for (const entry of this.#entries.values()) entry.isKept = false
  }

  /** In memory at once; in the file with the next `save`. */
  add(gap: Gap): void {
    const entry = { id: this.#nextId, gap, told: false, isKept: false }
    this.#nextId += 1
    this.#entries.set(entry.id, entry)
    const oldest = this.#entries.keys().next().value
    if (this.#entries.size > MAX_ENTRIES && oldest !== undefined) this.settle(oldest)
    this.#onAdded()
  }

  /** Frames that a full outbox let go; one entry for all in a row that are not told yet. */
  addDropped({ epoch, firstSeq, lastSeq, from, to }: DroppedFrames): void {
    const newest = [...this.#entries.values()].at(-1)
    const before = newest?.gap.frames
    if (
      newest?.told === false &&
      newest.gap.reason === 'overflow' &&
      before?.epoch === epoch &&
      before.lastSeq + 1 === firstSeq
    ) {
      const frames = { epoch, firstSeq: before.firstSeq, lastSeq }
      newest.gap = { ...newest.gap, from: Math.min(newest.gap.from, from), to: Math.max(newest.gap.to, to), frames }
      newest.isKept = false
      return
    }
    this.add({ reason: 'overflow', from, to, instance: null, events: [], frames: { epoch, firstSeq, lastSeq } })
  }

  /** The oldest one to tell; it stays as it is from now on. */
  next(): { readonly id: number; readonly gap: Gap } | undefined {
    const [entry] = this.#entries.values()
    if (entry !== undefined) entry.told = true
    return entry
  }

  /** It stands in the ledger. Told once more after a kill, it stands there once all the same. */
  settle(id: number): void {
    this.#entries.delete(id)
    this.#settled.push(id)
  }

  /** Writes what changed. May throw SQLite's errors; what was not written is written next time. */
  save(): void {
    while (this.#settled.length > 0) {
      this.#db.prepare('DELETE FROM gaps WHERE id = ?').run(this.#settled.at(-1) ?? 0)
      this.#settled.pop()
    }
    for (const entry of this.#entries.values()) {
      if (entry.isKept) continue
      this.#db.prepare('INSERT OR REPLACE INTO gaps (id, gap) VALUES (?, ?)').run(entry.id, JSON.stringify(entry.gap))
      entry.isKept = true
    }
  }
}

/** As the historian is told. */
export function reportOf(source: string, { reason, from, to, instance, events, frames }: Gap): ReportGap {
  return {
    source,
    reason,
    from: formatTime(from),
    to: formatTime(to),
    instance,
    events: [...events],
    epoch: frames?.epoch ?? null,
    first_seq: frames?.firstSeq ?? null,
    last_seq: frames?.lastSeq ?? null,
  }
}
