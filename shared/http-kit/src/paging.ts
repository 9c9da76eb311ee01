import type { Page, PageOf } from '@webmacs/contracts'

/** Rows that a page has at most. */
export const limitOf = ({ page_size, limit }: Page): number => limit ?? page_size

/** Rows to pass over before a page begins. */
export const offsetOf = (page: Page): number => page.skip ?? (page.page - 1) * limitOf(page)

export function pageAnswer<Item>(page: Page, total: number, data: Item[]): PageOf<Item> {
  const limit = limitOf(page)
  return { page: Math.floor(offsetOf(page) / limit) + 1, page_size: limit, total, data }
}
