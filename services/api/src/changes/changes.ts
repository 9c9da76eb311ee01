import type { Principal } from '@webmacs/auth/fastify'
import { type Change, formatTime, nowMicros } from '@webmacs/contracts'
import { isTransient, type Tables } from '@webmacs/database'
import type { Kysely, Transaction } from 'kysely'

/** What is done to one thing. */
export interface Made {
  /** What kind of thing, as in `changes.<entity>.<verb>`. */
  readonly entity: string
  readonly verb: string
  /** Public id of the thing. */
  readonly id: string
  /** As it was; left out when it was made. Secrets do not belong here. */
  readonly before?: object
  /** As it is now; left out when it is gone. Secrets do not belong here. */
  readonly after?: object
  /** `false`: only told, not written to the audit log, for what would be noise there. */
  readonly audited?: false
  /** `false`: only written to the audit log; whoever carries it out tells of it. */
  readonly told?: false
}

/** A change in the making: its transaction, and how it says what it does. */
export interface Making {
  readonly trx: Transaction<Tables>
  /** Notes what is done, for the audit log and for everybody who follows changes: both stand or fall with the transaction. */
  record(made: Made): Promise<void>
}

const MOST_ATTEMPTS = 3

export type ChangeListener = (change: Pick<Change, 'entity' | 'verb' | 'id'>) => void

/**
 * The one way to change what is configured: in a transaction that also holds who did it (audit log) and what the rest of the system must be told
 * (outbox). A crash at any moment loses neither.
 */
export class Changes {
  readonly #db: Kysely<Tables>
  readonly #listeners = new Set<ChangeListener>()
  readonly #committed = new Set<() => void>()

  constructor(db: Kysely<Tables>) {
    this.#db = db
  }

  /**
   * @param by who makes it; null: the system itself
   * @param work what is done; begun anew when the database ends its transaction in favour of another one's
   */
  async make<T>(by: Principal | null, work: (making: Making) => Promise<T>): Promise<T> {
    const { result, made } = await this.#transact(by, work)
    for (const entry of made) this.tell(entry)
    if (made.length > 0) for (const listener of this.#committed) listener()
    return result
  }

  async #transact<T>(by: Principal | null, work: (making: Making) => Promise<T>): Promise<{ result: T; made: Made[] }> {
    for (let attempt = 1; ; attempt++) {
      const made: Made[] = []
      const record = async (trx: Transaction<Tables>, entry: Made): Promise<void> => {
        await writeDown(trx, by, entry)
        if (entry.told !== false) made.push(entry)
      }
      try {
        const result = await this.#db
          .transaction()
          .execute((trx) => work({ trx, record: (entry) => record(trx, entry) }))
        return { result, made }
      } catch (err) {
        // Two changes may wait for one another: the database ends one of them, and that one has only to be made again.
        if (attempt === MOST_ATTEMPTS || !isTransient(err)) throw err
      }
    }
  }

  /** Calls the listener with each change: those of this instance right after their commit and once more from the bus, others' from the bus. */
  onChange(listener: ChangeListener): void {
    this.#listeners.add(listener)
  }

  /** Calls the listener whenever the outbox has got something new. */
  onCommitted(listener: () => void): void {
    this.#committed.add(listener)
  }

  tell(change: Pick<Change, 'entity' | 'verb' | 'id'>): void {
    for (const listener of this.#listeners) listener(change)
  }
}

async function writeDown(trx: Transaction<Tables>, by: Principal | null, made: Made): Promise<void> {
  if (made.audited !== false) await writeAuditEntry(trx, by, made)
  if (made.told === false) return
  await trx
    .insertInto('change_outbox')
    .values({
      entity: made.entity,
      verb: made.verb,
      entity_id: made.id,
      user_public_id: by?.id ?? null,
      time: formatTime(nowMicros()),
    })
    .execute()
}

async function writeAuditEntry(trx: Transaction<Tables>, by: Principal | null, made: Made): Promise<void> {
  const json = (thing: object | undefined): string | null => (thing === undefined ? null : JSON.stringify(thing))
  await trx
    .insertInto('audit_log')
    .values({
      user_id: by?.key ?? null,
      token_id: by?.credential.kind === 'api-token' ? by.credential.id : null,
      entity: made.entity,
      entity_id: made.id,
      action: made.verb,
      before: json(made.before),
      after: json(made.after),
    })
    .execute()
}
