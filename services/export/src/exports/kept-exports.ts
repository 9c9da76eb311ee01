import type { Principal } from '@webmacs/auth/fastify'
import type { CreateExport, ExportDelivery, ExportId, ExportMetadata, ExportSelection, Page } from '@webmacs/contracts'
import type { Database } from '@webmacs/database'
import type { ExportDirectory } from '../files/export-directory.ts'
import type { FileMaker } from '../files/file-maker.ts'
import { usedBytes } from '../files/used-bytes.ts'
import { type OpenExport, openExport } from '../open-export.ts'
import { cancelExport } from './claims.ts'
import type { ExportNews } from './export-news.ts'
import type { ExportRecord } from './export-record.ts'
import { createExport, listExports, readOwnExport } from './export-store.ts'
import type { UnderWay } from './under-way.ts'

export interface KeptExportsOptions {
  readonly database: Database
  readonly directory: ExportDirectory
  readonly maker: FileMaker
  readonly news: ExportNews
  readonly underWay: UnderWay
  /** Until when a link, and a file, can be downloaded: seconds from its making. */
  readonly lifetimeSeconds: Readonly<Record<ExportDelivery, number>>
  /** Exports of one user that may wait or be under way. */
  readonly mostPerUser: number
}

/** Exports that are asked for first and fetched afterwards, as their owners and admins see them. */
export class KeptExports {
  readonly #options: KeptExportsOptions

  constructor(options: KeptExportsOptions) {
    this.#options = options
  }

  list(page: Page, by: Principal): Promise<{ readonly total: number; readonly records: ExportRecord[] }> {
    return listExports(this.#options.database.db, page, by)
  }

  read(id: ExportId, by: Principal): Promise<ExportRecord> {
    return readOwnExport(this.#options.database.db, id, by)
  }

  /** @throws AppError as `openExport` does, `export.too-many`, `export.no-space` */
  async create({ delivery, ...wanted }: CreateExport, keyHash: string, by: Principal): Promise<ExportRecord> {
    const { database, directory, maker, news, lifetimeSeconds, mostPerUser } = this.#options
    const selection = selectionOf(wanted)
    if (delivery === 'file') await directory.checkSpace(await usedBytes(database.db))
    const { expectedRows, fileName } = await this.#look(selection)
    const record = await createExport(
      database.db,
      { delivery, selection, fileName, expectedRows, keyHash, lifetimeSeconds: lifetimeSeconds[delivery] },
      by,
      mostPerUser,
    )
    news.tell('created', record.public_id, by.id)
    if (delivery === 'file') maker.wake()
    return record
  }

  /** Ends it where it is under way, in whatever process, and removes its file. */
  async remove(id: ExportId, by: Principal): Promise<void> {
    const { database, directory, news, underWay } = this.#options
    await this.read(id, by)
    const ended = await cancelExport(database.db, id)
    if (ended === undefined) return
    underWay.cancel(id)
    if (ended.state === 'expired') await directory.remove({ id, attempt: ended.attempt })
    news.tell(ended.state === 'expired' ? 'expired' : 'cancelled', id, by.id)
  }

  async metadata(id: ExportId, by: Principal): Promise<ExportMetadata> {
    const { selection } = await this.read(id, by)
    const { metadata } = await this.#look(selection)
    return metadata
  }

  /** What an export would be about, from a snapshot that is let go at once. */
  async #look(selection: ExportSelection): Promise<OpenExport> {
    const { signal } = new AbortController()
    const opened = await openExport({ database: this.#options.database, signal, root: 'body' }, selection)
    opened.close()
    return opened
  }
}

/** What a body holds beside it is not stored. */
function selectionOf(wanted: ExportSelection): ExportSelection {
  const { format, shape, every, method, include_bad, metadata, experiment, from, to, events } = wanted
  return {
    ...{ format, shape, every, method, include_bad, metadata },
    ...(experiment !== undefined && { experiment }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(events !== undefined && { events }),
  }
}
