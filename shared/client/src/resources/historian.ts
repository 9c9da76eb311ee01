import type {
  EventHoldings,
  HistorianJob,
  Holdings,
  MaintenanceRun,
  PageOf,
  RepairRequest,
  Retention,
  Success,
} from '@webmacs/contracts'
import type { Http, RequestOptions } from '../http.ts'
import { type Listed, listOf, type PageQuery } from '../lists.ts'
import { pathTo } from './things.ts'

/** What is stored, how long it is kept, and what maintenance did. */
export interface HistorianClient {
  /** Rows and bytes of everything, and when the disk will be full at today's rate. */
  holdings(options?: RequestOptions): Promise<Holdings>
  /** What is held of each event, the largest first. */
  readonly events: Listed<EventHoldings>
  readonly retention: RetentionClient
  /** Runs of maintenance, newest first. */
  maintenance(query?: PageQuery, options?: RequestOptions): Promise<PageOf<MaintenanceRun>>
  readonly repairs: RepairsClient
}

export interface RetentionClient {
  get(options?: RequestOptions): Promise<Retention>
  /** For admins. Fails with `historian.retention` where rollups would go before datapoints. */
  set(retention: Retention, options?: RequestOptions): Promise<Success>
}

export interface RepairsClient {
  /** Makes the rollups of a range anew from its datapoints. For admins. */
  create(request: RepairRequest, options?: RequestOptions): Promise<HistorianJob>
  get(id: string, options?: RequestOptions): Promise<HistorianJob>
}

const BASE = '/historian'

export const historianClient = (http: Http): HistorianClient => ({
  holdings: (options) => http.send(BASE, { ...options }),
  events: listOf<EventHoldings>(http, `${BASE}/events`, ({ event_public_id }) => event_public_id),
  retention: {
    get: (options) => http.send(`${BASE}/retention`, { ...options }),
    set: (body, options) => http.send(`${BASE}/retention`, { method: 'PUT', body, ...options }),
  },
  maintenance: (query, options) => http.send(`${BASE}/maintenance`, { query, ...options }),
  repairs: {
    create: (body, options) => http.send(`${BASE}/repairs`, { method: 'POST', body, ...options }),
    get: (id, options) => http.send(pathTo(`${BASE}/repairs`, id), { ...options }),
  },
})
