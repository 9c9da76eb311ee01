import type { Page, PageOf } from '@webmacs/contracts'

/** Rows to pass over before a page begins. */
export const offsetOf = ({ page, page_size }: Page): number => (page - 1) * page_size

export function pageAnswer<Item>({ page, page_size }: Page, total: number, data: Item[]): PageOf<Item> {
  return { page, page_size, total, data }
}
