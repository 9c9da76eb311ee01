import type { CreatedExport, CreateExport, Export, ExportMetadata, Success } from '@webmacs/contracts'
import type { Http, RequestOptions } from '../http.ts'
import { type Listed, listOf } from '../lists.ts'
import { pathTo, publicIdOf } from './things.ts'

export interface ExportsClient extends Listed<Export> {
  /**
   * Asks for an export. The answer's `download_url` lets whoever has it download it, and is told only this once. What is left out of the
   * selection is as its schema says: everything as CSV, a row for each reading.
   */
  create(selection: Partial<CreateExport>, options?: RequestOptions): Promise<CreatedExport>
  get(id: string, options?: RequestOptions): Promise<Export>
  /** What it is about, as it travels in the file. */
  metadata(id: string, options?: RequestOptions): Promise<ExportMetadata>
  /** Ends the making of it, and removes its file. */
  delete(id: string, options?: RequestOptions): Promise<Success>
  /** Where a browser downloads it without a token. */
  downloadUrl(created: Pick<CreatedExport, 'download_url'>): string
}

/** @param baseUrl the client's */
export const exportsClient = (http: Http, baseUrl: string): ExportsClient => ({
  ...listOf<Export>(http, '/exports', publicIdOf),
  create: (body, options) => http.send('/exports', { method: 'POST', body, ...options }),
  get: (id, options) => http.send(pathTo('/exports', id), { ...options }),
  metadata: (id, options) => http.send(`${pathTo('/exports', id)}/metadata`, { ...options }),
  delete: (id, options) => http.send(pathTo('/exports', id), { method: 'DELETE', ...options }),
  downloadUrl: ({ download_url }) => `${baseUrl}${download_url}`,
})
