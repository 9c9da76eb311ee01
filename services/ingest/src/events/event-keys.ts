import type { Database } from '@webmacs/database'

/** How long an id that is no event is remembered as such, ms: short, because the event may be made the next moment. */
const UNKNOWN_MS = 1000
/** A sender that makes up ids must not fill the memory. */
const MAX_UNKNOWN = 10_000

/** Public id → integer key of events, filled from the database on demand. Events are retired, never deleted, so a key stays right. */
export class EventKeys {
  readonly #database: Database
  readonly #clock: () => number
  readonly #keys = new Map<string, number>()
  readonly #unknownUntil = new Map<string, number>()

  /** @param clock monotonic, ms */
  constructor(database: Database, clock: () => number = () => performance.now()) {
    this.#database = database
    this.#clock = clock
  }

  /** The key of an event that was seen before; undefined says nothing about whether it exists. */
  readonly keyOf = (event: string): number | undefined => this.#keys.get(event)

  /** Reads all events, so that the first readings need no look-up of their own. */
  async preload(): Promise<void> {
    for (const { public_id, id } of await this.#database.db.selectFrom('events').select(['public_id', 'id']).execute())
      this.#keys.set(public_id, id)
  }

  /** Keys of those ids that are events. Asks the database for what it has not asked within the last second. */
  async resolve(events: Iterable<string>): Promise<ReadonlyMap<string, number>> {
    const wanted = new Set(events)
    const now = this.#clock()
    const asked = [...wanted].filter((event) => !this.#keys.has(event) && (this.#unknownUntil.get(event) ?? 0) <= now)
    if (asked.length > 0) await this.#ask(asked, now)
    const found = new Map<string, number>()
    for (const event of wanted) {
      const key = this.#keys.get(event)
      if (key !== undefined) found.set(event, key)
    }
    return found
  }

  async #ask(events: readonly string[], now: number): Promise<void> {
    // One parameter for all: a message may name more ids than a statement can have parameters.
    const { rows } = await this.#database.pool.query<{ public_id: string; id: number }>(
      'SELECT public_id, id FROM events WHERE public_id = ANY($1::text[])',
      [events.filter((event) => !event.includes('\0'))], // the database refuses such text
    )
    for (const { public_id, id } of rows) this.#keys.set(public_id, id)
    if (this.#unknownUntil.size + events.length > MAX_UNKNOWN) this.#unknownUntil.clear()
    for (const event of events) {
      if (this.#keys.has(event)) this.#unknownUntil.delete(event)
      else if (this.#unknownUntil.size < MAX_UNKNOWN) this.#unknownUntil.set(event, now + UNKNOWN_MS)
    }
  }
}
