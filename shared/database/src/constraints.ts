import pg from 'pg'

const UNIQUE_VIOLATION = '23505'
const FOREIGN_KEY_VIOLATION = '23503'
const DEADLOCK = '40P01'
const SERIALIZATION_FAILURE = '40001'
const LOCK_NOT_AVAILABLE = '55P03'

/** Name of the unique constraint or index that a statement violated; undefined for every other error. */
export const violatedUnique = (err: unknown): string | undefined =>
  err instanceof pg.DatabaseError && err.code === UNIQUE_VIOLATION ? err.constraint : undefined

/** Name of the foreign key that a statement violated; undefined for every other error. */
export const violatedForeignKey = (err: unknown): string | undefined =>
  err instanceof pg.DatabaseError && err.code === FOREIGN_KEY_VIOLATION ? err.constraint : undefined

/** Whether the same transaction may succeed when it is tried again at once. */
export const isTransient = (err: unknown): boolean =>
  err instanceof pg.DatabaseError && [DEADLOCK, SERIALIZATION_FAILURE, LOCK_NOT_AVAILABLE].includes(err.code ?? '')

/** A statement that was cancelled would be cancelled again: that is about the statement. */
const QUERY_CANCELED = '57014'
/** Classes of SQLSTATE that say that the server, not the statement, is the trouble: connection, resources, operator, system. */
const SERVER_CLASSES = ['08', '53', '57', '58']
const NETWORK_CODES = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENOENT',
]
/** The driver gives these failures no code. */
const DRIVER_MESSAGES =
  /Connection terminated|timeout exceeded when trying to connect|not queryable|Connection ended unexpectedly/

/** Whether the database is away (as against: it answered that the statement is wrong). Asking again later makes sense. */
export function isDatabaseAway(err: unknown): boolean {
  if (err instanceof pg.DatabaseError) {
    return err.code !== QUERY_CANCELED && SERVER_CLASSES.includes(err.code?.slice(0, 2) ?? '')
  }
  if (!(err instanceof Error)) return false
  if (err instanceof AggregateError) return err.errors.some(isDatabaseAway)
  return NETWORK_CODES.includes((err as NodeJS.ErrnoException).code ?? '') || DRIVER_MESSAGES.test(err.message)
}

/** Classes of SQLSTATE that say that what was to be written is the trouble: data, integrity, limits of a statement, a trigger's refusal. */
const DATA_CLASSES = ['22', '23', '54', 'P0']

/** Whether the database, or the driver before it, refused just these values: others may be stored, these never. */
export const isAboutValues = (err: unknown): boolean =>
  err instanceof pg.DatabaseError ? DATA_CLASSES.includes(err.code?.slice(0, 2) ?? '') : err instanceof RangeError
