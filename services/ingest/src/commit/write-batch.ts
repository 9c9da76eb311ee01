import type { Database } from '@webmacs/database'
import type pg from 'pg'
import type { Batch, SourceEpoch } from '../batching/batch.ts'
import { addCommitted, findNewFrames } from '../sources/committed-ranges.ts'
import type { CopyRows } from './copy-rows.ts'
import { upsertRollups } from './upsert-rollups.ts'
import { copyRows, insertMissingRows } from './write-rows.ts'

export type WriteMode = 'copy' | 'insert'

export interface WrittenBatch {
  readonly rows: number
  readonly duplicateRows: number
  readonly duplicateFrames: number
  /** Sources whose committed ranges grew. */
  readonly sources: readonly SourceEpoch[]
}

/**
 * One transaction: test the frames against what is committed, write rows, merge rollups, record the frames last, commit. The recording
 * comes last because it locks its source's row until the commit, and other writers of that source wait there.
 */
export async function writeBatch(
  database: Database,
  batch: Batch,
  buffer: CopyRows,
  mode: WriteMode,
): Promise<WrittenBatch> {
  return inTransaction(database, async (client) => {
    const frames = await findNewFrames(client, batch)
    const written = await (mode === 'copy'
      ? copyRows(client, batch, frames, buffer)
      : insertMissingRows(client, batch, frames))
    await upsertRollups(client, written.rollups)
    await addCommitted(client, frames)
    return {
      rows: written.rows,
      duplicateRows: written.duplicates,
      duplicateFrames: batch.frameSeqs.length - frames.count,
      sources: frames.bySource.map(({ source }) => source),
    }
  })
}

async function inTransaction<T>(database: Database, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
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
