import type { NewDatapoint, TelemetryOutcome } from '@webmacs/contracts'

export interface TelemetryBatch {
  /** Under which the server remembers it. */
  readonly id: string
  readonly datapoints: readonly NewDatapoint[]
  readonly resolve: (outcome: TelemetryOutcome) => void
  readonly reject: (error: unknown) => void
}

/** Batches in order: first those that were sent and are not answered yet, then those that wait. */
export interface BatchQueue {
  add(batch: TelemetryBatch): void
  isWaiting(): boolean
  isUnanswered(): boolean
  /** The next batch to send, which counts as sent from now on; undefined when there is none, or too many are unanswered. */
  next(): TelemetryBatch | undefined
  /** Removes and returns the sent batch that an answer speaks of: the oldest where it names none. */
  takeSent(id: string | undefined): TelemetryBatch | undefined
  /** Has the named batch, or all of them, sent again. */
  unsend(id?: string): void
  remove(id: string): void
  rejectUnanswered(error: unknown): void
  rejectAll(error: unknown): void
}

export function createBatchQueue(maxUnanswered: number): BatchQueue {
  const waiting = new Map<string, TelemetryBatch>()
  const sent = new Map<string, TelemetryBatch>()

  const rejectEach = (batches: Map<string, TelemetryBatch>, error: unknown): void => {
    const failed = [...batches.values()]
    batches.clear()
    for (const { reject } of failed) reject(error)
  }
  const unsend = (id?: string): void => {
    const again = [...sent.values()].filter((batch) => id === undefined || batch.id === id)
    const later = [...waiting.values()]
    waiting.clear()
    for (const batch of [...again, ...later]) {
      sent.delete(batch.id)
      waiting.set(batch.id, batch)
    }
  }
  return {
    add: (batch) => waiting.set(batch.id, batch),
    isWaiting: () => waiting.size > 0,
    isUnanswered: () => sent.size > 0,
    next: () => {
      const [batch] = waiting.values()
      if (batch === undefined || sent.size >= maxUnanswered) return undefined
      waiting.delete(batch.id)
      sent.set(batch.id, batch)
      return batch
    },
    takeSent: (id) => {
      const [oldest] = sent.values()
      const batch = id === undefined ? oldest : sent.get(id)
      if (batch !== undefined) sent.delete(batch.id)
      return batch
    },
    unsend,
    remove: (id) => {
      waiting.delete(id)
      sent.delete(id)
    },
    rejectUnanswered: (error) => rejectEach(sent, error),
    rejectAll: (error) => {
      rejectEach(sent, error)
      rejectEach(waiting, error)
    },
  }
}
