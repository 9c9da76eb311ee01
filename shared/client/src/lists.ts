import type { PageOf } from '@webmacs/contracts'
import type { Http, RequestOptions } from './http.ts'
import { MAX_PAGE_SIZE } from './wire.ts'

export interface PageQuery {
  /** From 1. */
  readonly page?: number
  /** Entries a page, at most 100. */
  readonly page_size?: number
}

/** A list that comes in pages. */
export interface Listed<Item, Query extends PageQuery = PageQuery> {
  /** One page. */
  list(query?: Query, options?: RequestOptions): Promise<PageOf<Item>>
  /** One entry after the other, page by page as the loop goes on. */
  each(query?: Omit<Query, keyof PageQuery>, options?: RequestOptions): AsyncIterable<Item>
  /** Every entry, from as many pages as there are. */
  all(query?: Omit<Query, keyof PageQuery>, options?: RequestOptions): Promise<Item[]>
}

/** @param keyOf what tells entries apart */
export function listOf<Item, Query extends PageQuery = PageQuery>(
  http: Http,
  path: string,
  keyOf: (item: Item) => string | number,
): Listed<Item, Query> {
  const list: Listed<Item, Query>['list'] = (query, options) => http.send(path, { query, ...options })

  /** Something deleted meanwhile can hide an entry, something new moves others to the next page: doubles are left out. */
  async function* each(
    query: object | undefined,
    options: RequestOptions | undefined,
  ): AsyncGenerator<Item, undefined> {
    const seen = new Set<string | number>()
    for (let page = 1; ; page++) {
      const answer = await http.send<PageOf<Item>>(path, {
        query: { ...query, page, page_size: MAX_PAGE_SIZE },
        ...options,
      })
      for (const item of answer.data) {
        const key = keyOf(item)
        if (seen.has(key)) continue
        seen.add(key)
        yield item
      }
      if (answer.data.length === 0 || page * answer.page_size >= answer.total) return
    }
  }

  return {
    list,
    each: (query, options) => each(query, options),
    all: async (query, options) => {
      const items: Item[] = []
      for await (const item of each(query, options)) items.push(item)
      return items
    },
  }
}
