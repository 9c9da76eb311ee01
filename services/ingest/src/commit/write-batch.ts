import type { Database } from '@webmacs/database'
import type { Batch, SourceEpoch } from '../batching/batch.ts'
import { holdRollups } from '../rollups/hold-rollups.ts'
import { markStale } from '../rollups/mark-stale.ts'
import { addCommitted, findNewFrames } from '../sources/committed-ranges.ts'
import type { CopyRows } from './copy-rows.ts'
import { inTransaction } from './in-transaction.ts'
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
    const closedUntil = await holdRollups(client)
    const frames = await findNewFrames(client, batch)
    const written = await (mode === 'copy'
      ? copyRows(client, batch, frames, buffer)
      : insertMissingRows(client, batch, frames))
    await upsertRollups(client, written.rollups)
    await markStale(client, written.rollups, closedUntil)
    await addCommitted(client, frames)
    return {
      rows: written.rows,
      duplicateRows: written.duplicates,
      duplicateFrames: batch.frameSeqs.length - frames.count,
      sources: frames.bySource.map(({ source }) => source),
    }
  })
}
