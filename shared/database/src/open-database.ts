import type { Micros } from '@webmacs/contracts'
import { parseTime } from '@webmacs/contracts'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Tables } from './tables.ts'

export interface DatabaseOptions {
  /** `postgresql://user:password@host:port/database` */
  readonly url: string
  readonly maxConnections: number
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string
  /** The server gives up a statement that takes longer, milliseconds; unlimited when left out. */
  readonly statementTimeoutMs?: number
  /** Told of each statement that went through Kysely, after it was answered or has failed. */
  readonly onStatement?: () => void
  /** Told when a connection breaks (perhaps twice for one); the pool makes a new one at the next query. */
  readonly onConnectionLost?: (err: Error) => void
}

/** A pool of connections, as Kysely for queries and as `pg` for COPY. */
export interface Database {
  readonly db: Kysely<Tables>
  readonly pool: pg.Pool
  close(): Promise<void>
}

const CONNECT_DEADLINE_MS = 5000

/**
 * Opens a pool without connecting yet. Sessions speak UTC; `int8` is read as number (exact below 2^53) and `timestamptz` as microseconds,
 * because the driver's own dates would cut them to milliseconds.
 */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.maxConnections,
    application_name: options.applicationName,
    connectionTimeoutMillis: CONNECT_DEADLINE_MS,
    keepAlive: true,
    // Compiling a statement takes longer than answering it: ours are short, however their cost is estimated.
    options: `-c timezone=UTC -c jit=off -c statement_timeout=${options.statementTimeoutMs ?? 0}`,
    types: { getTypeParser },
  })
  const lost = (err: Error): void => {
    // The pool hangs the whole connection onto the error, with its cancellation key: nothing for a log.
    Reflect.deleteProperty(err, 'client')
    options.onConnectionLost?.(err)
  }
  pool.on('error', lost)
  // The pool listens only to idle connections: without this, one that breaks between two statements of a transaction ends the process.
  pool.on('connect', (client) => client.on('error', lost))
  const { onStatement } = options
  const dialect = new PostgresDialect({ pool })
  const db = new Kysely<Tables>({ dialect, ...(onStatement && { log: () => onStatement() }) })
  let closing: Promise<void> | undefined
  return {
    db,
    pool,
    close: () => {
      closing ??= db.destroy()
      return closing
    },
  }
}

const INT8 = 20
const TIMESTAMPTZ = 1184

const getTypeParser: pg.CustomTypesConfig['getTypeParser'] = (oid, format) => {
  if (format !== 'binary') {
    if (oid === INT8) return Number
    if (oid === TIMESTAMPTZ) return parseTimestamptz
  }
  return pg.types.getTypeParser(oid, format)
}

/** PostgreSQL's text of a `timestamptz` in a UTC session: `2026-11-23 16:00:00.123456+00`. */
export function parseTimestamptz(text: string): Micros {
  const time = parseTime(`${text.slice(0, -3).replace(' ', 'T')}Z`)
  if (time === undefined || !text.endsWith('+00')) throw new RangeError(`"${text}" is no moment in UTC`)
  return time
}
