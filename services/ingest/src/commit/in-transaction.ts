import type { Database } from '@webmacs/database'
import type pg from 'pg'

/** Runs the work in one transaction on a connection of its own; what it throws rolls back and is thrown on. */
export async function inTransaction<T>(database: Database, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await database.pool.connect()
  let lost: Error | undefined
  // A connection in use that breaks emits `error` beside failing its query: unheard it would end the process.
  const onError = (err: Error): void => {
    lost = err
  }
  client.on('error', onError)
  try {
    await client.query('BEGIN')
    const result = await work(client)
    await client.query('COMMIT')
    return result
  } catch (err) {
    // Without a connection the server rolls back by itself, and the failure to be told is the first one.
    await client.query('ROLLBACK').catch((rollbackError: Error) => {
      lost ??= rollbackError
    })
    throw err
  } finally {
    client.removeListener('error', onError)
    client.release(lost)
  }
}
