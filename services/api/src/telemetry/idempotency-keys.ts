import { createHash } from 'node:crypto'
import { AppError, type Micros, type NewDatapoint, type TelemetryOutcome } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { type Kysely, sql } from 'kysely'

/** What a key stands for: whose it is, and what was sent under it. */
export interface KeyedBatch {
  /** Key of the sender's row. */
  readonly user: number
  readonly key: string
  readonly fingerprint: string
}

export interface Claim {
  /** First stamp of the batch, whoever asked first. */
  readonly stamp: Micros
  /** Answered already; undefined: not yet, or the answer was lost. */
  readonly answer: TelemetryOutcome | undefined
}

const KEPT_FOR = sql`interval '24 hours'`

/** A batch in one form, whatever the sender's JSON looks like, hashed. */
export function fingerprintOf(kind: 'single' | 'batch', datapoints: readonly NewDatapoint[]): string {
  const items = datapoints.map(({ event_public_id, value, timestamp }) => [event_public_id, value, timestamp ?? null])
  return createHash('sha256')
    .update(JSON.stringify([kind, items]))
    .digest('hex')
}

/**
 * Batches that their senders may send again, for a day. The first request writes down the stamp of the batch before anything is published:
 * whoever sends it again, also at the same moment and to another instance, publishes the very same events and times, and the database keeps
 * one of each.
 */
export class IdempotencyKeys {
  readonly #db: Kysely<Tables>

  constructor(db: Kysely<Tables>) {
    this.#db = db
  }

  /**
   * @param stamp used where the key is new
   * @throws AppError `request.key-reused`
   */
  async claim({ user, key, fingerprint }: KeyedBatch, stamp: Micros): Promise<Claim> {
    for (;;) {
      const made = await this.#db
        .insertInto('idempotency_keys')
        .values({ user_id: user, key, fingerprint, stamp })
        .onConflict((conflict) => conflict.doNothing())
        .returning('stamp')
        .executeTakeFirst()
      if (made !== undefined) return { stamp, answer: undefined }
      const known = await this.#db
        .selectFrom('idempotency_keys')
        .select(['fingerprint', 'stamp', 'answer'])
        .where('user_id', '=', user)
        .where('key', '=', key)
        .executeTakeFirst()
      if (known === undefined) continue // purged between the two statements
      if (known.fingerprint !== fingerprint) throw new AppError('request.key-reused')
      const answer = known.answer as TelemetryOutcome | null // written by `answered` only
      return { stamp: known.stamp, answer: answer ?? undefined }
    }
  }

  async answered({ user, key }: KeyedBatch, answer: TelemetryOutcome): Promise<void> {
    await this.#db
      .updateTable('idempotency_keys')
      .set({ answer: JSON.stringify(answer) })
      .where('user_id', '=', user)
      .where('key', '=', key)
      .where('answer', 'is', null)
      .execute()
  }

  /** Forgets keys that are older than a day. */
  async purge(): Promise<void> {
    await this.#db.deleteFrom('idempotency_keys').where('created_on', '<', sql<Micros>`now() - ${KEPT_FOR}`).execute()
  }
}
