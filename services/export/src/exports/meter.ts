import type { TableSource } from '../table/format.ts'
import type { RowBatch } from '../table/table.ts'
import type { Progress } from './claims.ts'

/** Counts what goes by: rows on their way into a format, bytes on their way out of it. */
export class Meter {
  #rows = 0
  #bytes = 0

  get progress(): Progress {
    return { rows: this.#rows, bytes: this.#bytes }
  }

  rowsOf<Source extends TableSource>(source: Source): Source {
    return { ...source, batches: this.#counted(source.batches) }
  }

  async *bytesOf(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
    for await (const chunk of content) {
      this.#bytes += chunk.length
      yield chunk
    }
  }

  async *#counted(batches: AsyncIterable<RowBatch>): AsyncGenerator<RowBatch, void> {
    for await (const batch of batches) {
      this.#rows += batch.rows
      yield batch
    }
  }
}
