import { type Static, type TSchema, Type } from 'typebox'

export const API_BASE = '/api/v1'

export const Page = Type.Object({
  page: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1, description: 'Page number, from 1' }),
  page_size: Type.Integer({ minimum: 1, maximum: 100, default: 25, description: 'Entries a page' }),
})
export type Page = Static<typeof Page>

export function pageOf<Item extends TSchema>(item: Item) {
  return Type.Object({
    page: Type.Integer(),
    page_size: Type.Integer(),
    total: Type.Integer({ description: 'Entries on all pages' }),
    data: Type.Array(item),
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
  status: Type.Literal('success'),
  message: Type.String(),
  public_id: Type.Optional(Type.String()),
})
export type Success = Static<typeof Success>

export function success(message: string, publicId?: string): Success {
  return publicId === undefined ? { status: 'success', message } : { status: 'success', message, public_id: publicId }
}
