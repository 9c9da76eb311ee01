import type { SequenceRange } from '@webmacs/contracts'
import type pg from 'pg'
import type { Batch, SourceEpoch } from '../batching/batch.ts'
import { contains, formatRanges, parseRanges, rangesOf } from './sequence-ranges.ts'

/** Another writer committed one of these frames since they were tested: the transaction has to start anew. */
export class CommittedMeanwhileError extends Error {
  constructor() {
    super('another writer committed frames of this batch meanwhile')
    this.name = 'CommittedMeanwhileError'
  }
}

/** A batch's frames that are not committed yet. */
export interface NewFrames {
  /** Per frame of the batch: 1 where it is new. */
  readonly isNew: Uint8Array
  readonly count: number
  /** The new frames' numbers of each source, in order of the table's key. */
  readonly bySource: readonly { readonly source: SourceEpoch; readonly seqs: ReadonlySet<number> }[]
}

type Queryable = Pick<pg.Pool, 'query'>

const READ_COMMITTED_RANGES = `
  SELECT wanted.position, (committed * int8multirange(int8range(wanted.first, wanted.last, '[]')))::text AS ranges
  FROM unnest($1::text[], $2::text[], $3::int8[], $4::int8[]) WITH ORDINALITY AS wanted (source, epoch, first, last, position)
  JOIN reading_sources USING (source, epoch)`

/** Tests a batch's frames against what is committed. A number that comes twice in the batch counts once, the first time. */
export async function findNewFrames(client: Queryable, batch: Batch): Promise<NewFrames> {
  const spans = spansOf(batch)
  const committed = await readCommitted(client, [...spans])
  const isNew = new Uint8Array(batch.frameSeqs.length)
  const seqsBySource = new Map<SourceEpoch, Set<number>>()
  let count = 0
  batch.frameSeqs.forEach((seq, frame) => {
    const source = batch.frameSources[frame] as SourceEpoch // the columns have one length
    let seqs = seqsBySource.get(source)
    if (seqs === undefined) {
      seqs = new Set()
      seqsBySource.set(source, seqs)
    }
    if (seqs.has(seq) || contains(committed.get(source) ?? [], seq)) return
    seqs.add(seq)
    isNew[frame] = 1
    count += 1
  })
  const bySource = [...seqsBySource]
    .filter(([, seqs]) => seqs.size > 0)
    .map(([source, seqs]) => ({ source, seqs }))
    .sort((a, b) => compare(a.source.source, b.source.source) || compare(a.source.epoch, b.source.epoch))
  return { isNew, count, bySource }
}

function spansOf({ frameSeqs, frameSources }: Batch): Map<SourceEpoch, SequenceRange> {
  const spans = new Map<SourceEpoch, { first: number; last: number }>()
  frameSeqs.forEach((seq, frame) => {
    const source = frameSources[frame] as SourceEpoch // the columns have one length
    const span = spans.get(source)
    if (span === undefined) spans.set(source, { first: seq, last: seq })
    else if (seq < span.first) span.first = seq
    else if (seq > span.last) span.last = seq
  })
  return spans
}

async function readCommitted(
  client: Queryable,
  spans: readonly (readonly [SourceEpoch, SequenceRange])[],
): Promise<Map<SourceEpoch, SequenceRange[]>> {
  const committed = new Map<SourceEpoch, SequenceRange[]>()
  if (spans.length === 0) return committed
  const { rows } = await client.query<{ position: number; ranges: string }>(READ_COMMITTED_RANGES, [
    spans.map(([{ source }]) => source),
    spans.map(([{ epoch }]) => epoch),
    spans.map(([, { first }]) => first),
    spans.map(([, { last }]) => last),
  ])
  for (const { position, ranges } of rows) {
    const span = spans[position - 1]
    if (span !== undefined) committed.set(span[0], parseRanges(ranges))
  }
  return committed
}

const ADD_RANGES = `
  INSERT INTO reading_sources (source, epoch, committed) SELECT * FROM unnest($1::text[], $2::text[], $3::int8multirange[])
  ON CONFLICT (source, epoch) DO UPDATE SET committed = reading_sources.committed + excluded.committed, updated_on = now()
  WHERE NOT reading_sources.committed && excluded.committed`

/**
 * Records the new frames as committed, last in their transaction. The row's lock and its condition make sure that no other writer
 * committed one of them after they were tested, however long ago that was.
 * @throws CommittedMeanwhileError
 */
export async function addCommitted(client: Queryable, { bySource }: NewFrames): Promise<void> {
  if (bySource.length === 0) return
  const { rowCount } = await client.query(ADD_RANGES, [
    bySource.map(({ source }) => source.source),
    bySource.map(({ source }) => source.epoch),
    bySource.map(({ seqs }) => formatRanges(rangesOf(seqs))),
  ])
  if (rowCount !== bySource.length) throw new CommittedMeanwhileError()
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
