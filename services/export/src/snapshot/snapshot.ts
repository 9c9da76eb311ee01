import type { Readable } from 'node:stream'
import type { Database } from '@webmacs/database'
import type { CompiledQuery, RawBuilder } from 'kysely'
import type pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'

export interface SnapshotSource {
  /** Its pool gives the connection that the snapshot keeps to itself. */
  readonly database: Database
  /** Aborting it ends whatever the snapshot is doing, and the snapshot. */
  readonly signal: AbortSignal
}

/** Sorting a slice in memory instead of on the disk; compiling plans pays for none of them. */
const SETTINGS = "SET LOCAL work_mem = '64MB'; SET LOCAL jit = off"

/**
 * The database as it was at one moment, for as long as it takes to read it. It locks nothing that writers need; only what would take away a
 * whole partition waits for its end.
 */
export class Snapshot {
  readonly #database: Database
  readonly #client: pg.PoolClient
  readonly #signal: AbortSignal
  #isOpen = true
  readonly #abort = (): void => this.close()

  private constructor({ database, signal }: SnapshotSource, client: pg.PoolClient) {
    this.#database = database
    this.#client = client
    this.#signal = signal
    signal.addEventListener('abort', this.#abort, { once: true })
  }

  static async open(source: SnapshotSource): Promise<Snapshot> {
    source.signal.throwIfAborted()
    const snapshot = new Snapshot(source, await source.database.pool.connect())
    try {
      source.signal.throwIfAborted()
      await snapshot.#run(() => snapshot.#client.query(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${SETTINGS}`))
      return snapshot
    } catch (err) {
      snapshot.close()
      throw err
    }
  }

  async rows<Row>(query: RawBuilder<Row>): Promise<Row[]> {
    const { sql, parameters } = query.compile(this.#database.db)
    const { rows } = await this.#run(() => this.#client.query(sql, [...parameters]))
    return rows
  }

  /** The rows of a query in PostgreSQL's binary COPY format. Whoever does not read to the end closes the snapshot. */
  async *copy(query: RawBuilder<unknown>): AsyncGenerator<Buffer, void, void> {
    const text = withLiterals(query.compile(this.#database.db))
    this.#signal.throwIfAborted()
    const stream: Readable = this.#client.query(copyTo(`COPY (${text}) TO STDOUT (FORMAT binary)`))
    try {
      yield* stream
    } catch (err) {
      this.#signal.throwIfAborted()
      throw err
    }
  }

  /** Ends the transaction, and gives the connection back for the next one. */
  async finish(): Promise<void> {
    if (!this.#isOpen) return
    await this.#run(() => this.#client.query('COMMIT'))
    this.#release(false)
  }

  /** Ends it in the middle of whatever it does: the server notices when it wants to send. */
  close(): void {
    if (this.#isOpen) this.#release(true)
  }

  #release(isBroken: boolean): void {
    this.#isOpen = false
    this.#signal.removeEventListener('abort', this.#abort)
    this.#client.release(isBroken)
  }

  /** A connection that was closed fails with words of its own: what counts is why it was. */
  async #run<T>(work: () => Promise<T>): Promise<T> {
    this.#signal.throwIfAborted()
    try {
      return await work()
    } catch (err) {
      this.#signal.throwIfAborted()
      throw err
    }
  }
}

/** COPY takes no parameters. Ours are moments and numbers that this program has made; anything else is a mistake in it. */
function withLiterals({ sql, parameters }: CompiledQuery): string {
  return sql.replaceAll(/\$(\d+)/g, (_match, position: string) => {
    const value = parameters[Number(position) - 1]
    if (typeof value === 'number') return String(value)
    if (typeof value === 'string' && /^[\w:.+-]+$/.test(value)) return `'${value}'`
    throw new TypeError(`${typeof value} cannot be written into a statement`)
  })
}
