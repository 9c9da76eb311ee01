import { ensurePartitions, partitionsBetween } from '@webmacs/database'
import { from as copyFrom } from 'pg-copy-streams'
import type { BenchDatabase } from '../site.ts'
import { type Readings, readingAt } from './readings.ts'

const HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const TRAILER = Buffer.from([0xff, 0xff])
const ROW_BYTES = 40
const CHUNK_ROWS = 2000
const POSTGRES_EPOCH = 946_684_800_000_000n

/**
 * The limit: the same rows by binary COPY into an identical, empty table, in one transaction, encoded beforehand, and nothing else.
 * @returns rows a second
 */
export async function rawCopyRate({ database }: BenchDatabase, readings: Readings): Promise<number> {
  const last = readingAt(readings, readings.count - 1).time
  await ensurePartitions(database.db, partitionsBetween(readings.start, last))
  const chunks = [HEADER, ...encodedRows(readings), TRAILER]
  const client = await database.pool.connect()
  try {
    const startedAt = performance.now()
    await new Promise<void>((resolve, reject) => {
      const stream = client.query(copyFrom('COPY datapoints (ts, event_id, quality, value) FROM STDIN (FORMAT binary)'))
      stream.once('error', reject)
      stream.once('finish', resolve)
      for (const chunk of chunks) stream.write(chunk)
      stream.end()
    })
    return readings.count / ((performance.now() - startedAt) / 1000)
  } finally {
    client.release()
  }
}

function encodedRows(readings: Readings): Buffer[] {
  const chunks: Buffer[] = []
  for (let first = 0; first < readings.count; first += CHUNK_ROWS) {
    const rows = Math.min(CHUNK_ROWS, readings.count - first)
    const chunk = Buffer.alloc(rows * ROW_BYTES)
    for (let row = 0; row < rows; row += 1) {
      const { event, time, value } = readingAt(readings, first + row)
      let at = chunk.writeInt16BE(4, row * ROW_BYTES)
      at = chunk.writeInt32BE(8, at)
      at = chunk.writeBigInt64BE(BigInt(time) - POSTGRES_EPOCH, at)
      at = chunk.writeInt32BE(4, at)
      at = chunk.writeInt32BE(event.id, at)
      at = chunk.writeInt32BE(2, at)
      at = chunk.writeInt16BE(0, at)
      at = chunk.writeInt32BE(8, at)
      chunk.writeDoubleBE(value, at)
    }
    chunks.push(chunk)
  }
  return chunks
}
