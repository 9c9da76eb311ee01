import type { StreamState } from './outbox.ts'
import type { Range } from './range-set.ts'

/** Frames that one message carried, or several messages whose records were put together. */
interface Run extends Range {
  /** Places in the stream, of the first and the last message. */
  readonly firstSeq: number
  readonly lastSeq: number
  /** The earliest of their confirmations. */
  readonly confirmation: number
}

/** Above it, the older half is put together in pairs. */
const MAX_RUNS = 4096

/**
 * Where the stream has the frames that were sent: exact for the newest thousands of messages, coarser and coarser for older ones, so that
 * memory is bounded however long the historian is away. Coarse records only make more be sent again than was lost, never less.
 */
export class SentRuns {
  #runs: Run[] = []

  add({ first, last }: Range, streamSeq: number, confirmation: number): void {
    this.#runs.push({ first, last, firstSeq: streamSeq, lastSeq: streamSeq, confirmation })
    if (this.#runs.length > MAX_RUNS) this.#coarsen()
  }

  /** Forgets frames below: they are gone. */
  forgetBelow(oldest: number): void {
    if ((this.#runs[0]?.last ?? oldest) < oldest) this.#runs = this.#runs.filter(({ last }) => last >= oldest)
  }

  /** Takes out the frames that the stream has no more. */
  takeLost({ replaced, firstSeq, lastSeq }: StreamState, confirmedBefore: number): Range[] {
    const lost: Range[] = []
    this.#runs = this.#runs.filter((run) => {
      if (run.confirmation > confirmedBefore) return true
      if (!replaced && run.firstSeq >= firstSeq && run.lastSeq <= lastSeq) return true
      lost.push(run)
      return false
    })
    return lost
  }

  #coarsen(): void {
    const middle = this.#runs.length >>> 1
    const older = this.#runs.slice(0, middle).sort((a, b) => a.first - b.first)
    const coarse: Run[] = []
    for (let index = 0; index < older.length; index += 2) {
      const run = older[index]
      if (run !== undefined) coarse.push(together(run, older[index + 1] ?? run))
    }
    this.#runs = [...coarse, ...this.#runs.slice(middle)]
  }
}

const together = (a: Run, b: Run): Run => ({
  first: Math.min(a.first, b.first),
  last: Math.max(a.last, b.last),
  firstSeq: Math.min(a.firstSeq, b.firstSeq),
  lastSeq: Math.max(a.lastSeq, b.lastSeq),
  confirmation: Math.min(a.confirmation, b.confirmation),
})
