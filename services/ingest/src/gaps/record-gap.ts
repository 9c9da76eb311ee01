import type { ReportGap, SequenceRange } from '@webmacs/contracts'
import type { Database } from '@webmacs/database'
import type pg from 'pg'
import { inTransaction } from '../commit/in-transaction.ts'
import { formatRanges } from '../sources/sequence-ranges.ts'

/** Without sequence numbers nothing waits for these readings: they only stand in the ledger. */
export async function recordGap(database: Database, gap: ReportGap): Promise<void> {
  const { epoch, first_seq: first, last_seq: last } = gap
  if (epoch === null || first === null || last === null || last < first) {
    await write(database.pool, gap)
    return
  }
  await inTransaction(database, async (client) => {
    // The lock of the source's row comes last in a writer's transaction, and is the only one of this: they cannot lock each other out.
    if (await addToCommitted(client, { source: gap.source, epoch }, { first, last })) await write(client, gap)
  })
}

/** @returns whether any of the numbers was not committed before */
async function addToCommitted(
  client: pg.ClientBase,
  { source, epoch }: { readonly source: string; readonly epoch: string },
  range: SequenceRange,
): Promise<boolean> {
  const { rowCount } = await client.query(ADD_RANGE, [source, epoch, formatRanges([range])])
  return rowCount !== 0
}

const ADD_RANGE = `
  INSERT INTO reading_sources (source, epoch, committed) VALUES ($1, $2, $3::int8multirange)
  ON CONFLICT (source, epoch) DO UPDATE SET committed = reading_sources.committed + excluded.committed, updated_on = now()
  WHERE NOT reading_sources.committed @> excluded.committed`

const WRITE = `
  INSERT INTO reading_gaps (source, reason, from_time, to_time, instance_public_id, event_public_ids, epoch, first_seq, last_seq)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
  ON CONFLICT ON CONSTRAINT reading_gaps_once DO NOTHING`

async function write(client: Pick<pg.Pool, 'query'>, gap: ReportGap): Promise<void> {
  const { source, reason, from, to, instance, events, epoch, first_seq, last_seq } = gap
  await client.query(WRITE, [source, reason, from, to, instance, events, epoch, first_seq, last_seq])
}
