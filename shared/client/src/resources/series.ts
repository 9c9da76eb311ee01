import type { SeriesAnswer, SeriesQuery } from '@webmacs/contracts'
import type { Http, RequestOptions } from '../http.ts'

/** Events and range; the rest has defaults: 1000 points, lowest, highest and mean, nothing where there are no readings. */
export type SeriesRange = Pick<SeriesQuery, 'event_public_ids' | 'from' | 'to'> & Partial<SeriesQuery>

/** Reads the past of up to a hundred events as columns: readings where there are few, otherwise intervals of a common length. */
export type ReadSeries = (range: SeriesRange, options?: RequestOptions) => Promise<SeriesAnswer>

export const seriesReader =
  (http: Http): ReadSeries =>
  (body, options) =>
    http.send('/series', { method: 'POST', body, isRead: true, ...options })
