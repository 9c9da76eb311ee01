import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { OpenExports } from '../open-exports.ts'

export interface ExportRoutesOptions {
  readonly exports: OpenExports
  /** A client that reads nothing this long is cut, milliseconds. */
  readonly idleMs: number
}

export const exportRoutes =
  (_options: ExportRoutesOptions): FastifyPluginAsyncTypebox =>
  async () => {}
