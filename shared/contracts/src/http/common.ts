import { type Static, type TSchema, Type } from 'typebox'

export const API_BASE = '/api/v1'

/** Most entries that one answer of a list carries. */
export const MAX_PAGE_SIZE = 100

/** Which part of a list: `page` and `page_size`, or `skip` and `limit`, which win over the former where given. */
export const Page = Type.Object({
  page: Type.Integer({ minimum: 1, maximum: 1_000_000_000, default: 1, description: 'Page number, from 1' }),
  page_size: Type.Integer({ minimum: 1, maximum: MAX_PAGE_SIZE, default: 25, description: 'Entries a page' }),
  skip: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 100_000_000_000,
      description: 'Entries to pass over, instead of page',
      examples: [0],
    }),
  ),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: MAX_PAGE_SIZE,
      description: 'Most entries, instead of page_size',
      examples: [100],
    }),
  ),
})
export type Page = Static<typeof Page>

export function pageOf<Item extends TSchema>(item: Item) {
  return Type.Object({
    page: Type.Integer({ description: 'Number of this page, from 1', examples: [1] }),
    page_size: Type.Integer({ description: 'Most entries a page', examples: [25] }),
    total: Type.Integer({ description: 'Entries on all pages', examples: [1] }),
    data: Type.Array(item, { description: 'Entries of this page' }),
  })
}
export interface PageOf<Item> {
  page: number
  page_size: number
  total: number
  data: Item[]
}

/** Answer to a change. `public_id` names what was made or changed. */
export const Success = Type.Object({
  status: Type.Literal('success', { description: 'Always success' }),
  message: Type.String({ description: 'What was done, as a sentence', examples: ['Event successfully created.'] }),
  public_id: Type.Optional(
    Type.String({ description: 'Public id of what was made or changed', examples: ['evt_7k2m9q4tx3ab'] }),
  ),
})
export type Success = Static<typeof Success>

export function success(message: string, publicId?: string): Success {
  return publicId === undefined ? { status: 'success', message } : { status: 'success', message, public_id: publicId }
}

/** At least one character that shows. */
export const NOT_BLANK = '\\S'
