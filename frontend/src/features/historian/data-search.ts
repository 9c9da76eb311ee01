import { parseMoment, QUALITY_FILTERS, type QualityFilter } from '@webmacs/contracts'

export const DATA_TABS = ['stored', 'datapoints', 'exports', 'deletions', 'maintenance'] as const
export type DataTab = (typeof DATA_TABS)[number]

/** Which tab is shown, and what the list of datapoints is narrowed to. */
export interface DataSearch {
  readonly tab?: DataTab | undefined
  readonly event?: string | undefined
  readonly experiment?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly quality?: QualityFilter | undefined
  /** Of the page that is shown; left out: the newest. */
  readonly cursor?: string | undefined
}

/** The search of the address, without what means nothing. */
export function dataSearch(search: Record<string, unknown>): DataSearch {
  const tab = DATA_TABS.find((known) => known === search.tab && known !== 'stored')
  if (tab !== 'datapoints') return tab === undefined ? {} : { tab }
  const quality = QUALITY_FILTERS.find((known) => known === search.quality && known !== 'shown')
  return {
    tab,
    ...textIn(search, 'event'),
    ...textIn(search, 'experiment'),
    ...momentIn(search, 'from'),
    ...momentIn(search, 'to'),
    ...(quality === undefined ? {} : { quality }),
    ...textIn(search, 'cursor'),
  }
}

function textIn(search: Record<string, unknown>, name: string): Record<string, string> {
  const text = search[name]
  return typeof text === 'string' && text !== '' ? { [name]: text } : {}
}

function momentIn(search: Record<string, unknown>, name: string): Record<string, string> {
  const text = search[name]
  return typeof text === 'string' && parseMoment(text) !== undefined ? { [name]: text } : {}
}
