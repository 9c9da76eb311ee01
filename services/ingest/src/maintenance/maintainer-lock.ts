import type { Database } from '@webmacs/database'

/** Advisory lock of whoever maintains the historian. It belongs to a session, so it is free as soon as its holder's connection is gone. */
const MAINTAINER_LOCK = 7_031_003
/** How often the holder makes sure that it still is one, ms. */
const CHECK_MS = 2000

/**
 * Does the work if no other process does, on behalf of a lock on a connection of its own.
 * @param work is given a signal that fires when the connection, and the lock with it, is lost; the lock is kept until the work ended
 * @returns whether the lock was free
 */
export async function asMaintainer(database: Database, work: (lost: AbortSignal) => Promise<void>): Promise<boolean> {
  const client = await database.pool.connect()
  const aborter = new AbortController()
  const onLost = (): void => aborter.abort()
  client.once('error', onLost)
  client.once('end', onLost)
  let isHeld = false
  try {
    const { rows } = await client.query<{ held: boolean }>('SELECT pg_try_advisory_lock($1) AS held', [MAINTAINER_LOCK])
    isHeld = rows[0]?.held ?? false
    if (!isHeld) return false
    const check = setInterval(() => client.query('SELECT 1').catch(onLost), CHECK_MS)
    await work(aborter.signal).finally(() => clearInterval(check))
    return true
  } finally {
    client.off('error', onLost)
    client.off('end', onLost)
    client.release(isHeld) // a connection that held the lock is closed: nothing else gives it back so surely
  }
}
