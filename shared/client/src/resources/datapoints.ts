import type {
  Datapoint,
  DatapointPage,
  DatapointQuery,
  DatapointsCreated,
  DeletionRequest,
  HistorianJob,
  NewDatapoint,
  SeriesRequest,
  SeriesResponse,
  Success,
  TelemetryOutcome,
} from '@webmacs/contracts'
import { randomKey, sendInBatches } from '../batches.ts'
import type { Http, RequestOptions } from '../http.ts'
import { type Listed, listOf } from '../lists.ts'
import { MAX_PAGE_SIZE } from '../wire.ts'
import { pathTo } from './things.ts'

export interface SendOptions extends RequestOptions {
  /**
   * Names what is sent, so that it is stored once however often it arrives. Left out, each call has a key of its own; give one that you keep
   * to send the same again after a restart of your program.
   */
  readonly idempotencyKey?: string | undefined
}

/** Which datapoints; left out: all that are shown. */
export type DatapointFilter = Partial<Omit<DatapointQuery, 'page' | 'page_size' | 'skip' | 'limit' | 'cursor'>>

export interface DatapointsClient {
  /** One page, newest first. `next_cursor` of its answer is the `cursor` of the next one, however deep. */
  list(query?: Partial<DatapointQuery>, options?: RequestOptions): Promise<DatapointPage>
  /** One datapoint after the other, newest first, whatever is stored meanwhile. */
  each(filter?: DatapointFilter, options?: RequestOptions): AsyncIterable<Datapoint>
  /** The newest reading of each event that has one. */
  latest(options?: RequestOptions): Promise<Datapoint[]>
  /** The past of up to twenty events, thinned so that lowest and highest values survive. */
  series(
    request: Pick<SeriesRequest, 'event_public_ids'> & Partial<SeriesRequest>,
    options?: RequestOptions,
  ): Promise<SeriesResponse>
  get(id: string, options?: RequestOptions): Promise<Datapoint>
  /** One datapoint; fails where its event is unknown or not linked. */
  create(datapoint: NewDatapoint, options?: SendOptions): Promise<DatapointsCreated>
  /**
   * Any number of datapoints, sent five hundred at a time, and again after passing trouble. `rejected` names by `index` those that were not
   * taken. When it throws, the batches before the failure are stored.
   */
  createBatch(datapoints: readonly NewDatapoint[], options?: SendOptions): Promise<TelemetryOutcome>
  delete(id: string, options?: RequestOptions): Promise<Success>
  readonly deletions: DeletionsClient
}

/** Deleting a range, or what was measured during an experiment. For admins. */
export interface DeletionsClient extends Listed<HistorianJob> {
  /** Answers when it is done, or after some seconds with how far it is: ask `get` until `ended_on` is there. */
  create(
    request: Omit<DeletionRequest, 'dry_run'> & Partial<DeletionRequest>,
    options?: RequestOptions,
  ): Promise<HistorianJob>
  get(id: string, options?: RequestOptions): Promise<HistorianJob>
}

export function datapointsClient(http: Http): DatapointsClient {
  return {
    list: (query, options) => http.send('/datapoints', { query, ...options }),
    each: (filter, options) => eachDatapoint(http, filter, options),
    latest: (options) => http.send('/datapoints/latest', { ...options }),
    series: (body, options) => http.send('/datapoints/series', { method: 'POST', body, isRead: true, ...options }),
    get: (id, options) => http.send(pathTo('/datapoints', id), { ...options }),
    create: (body, { idempotencyKey = randomKey(), ...options } = {}) =>
      http.send('/datapoints', { method: 'POST', body, idempotencyKey, ...options }),
    createBatch: (all, { idempotencyKey = randomKey(), ...options } = {}) =>
      sendInBatches(all, idempotencyKey, (datapoints, key) =>
        http.send<DatapointsCreated>('/datapoints/batch', {
          method: 'POST',
          body: { datapoints },
          idempotencyKey: key,
          ...options,
        }),
      ),
    delete: (id, options) => http.send(pathTo('/datapoints', id), { method: 'DELETE', ...options }),
    deletions: {
      // A counted one has no id, and is in no list.
      ...listOf<HistorianJob>(http, DELETIONS, ({ public_id }) => public_id ?? ''),
      create: (body, options) => http.send(DELETIONS, { method: 'POST', body, ...options }),
      get: (id, options) => http.send(pathTo(DELETIONS, id), { ...options }),
    },
  }
}

const DELETIONS = '/datapoints/deletions'

async function* eachDatapoint(
  http: Http,
  filter: DatapointFilter | undefined,
  options: RequestOptions | undefined,
): AsyncGenerator<Datapoint, undefined> {
  let cursor: string | undefined
  do {
    const query = { ...filter, page_size: MAX_PAGE_SIZE, cursor }
    const page = await http.send<DatapointPage>('/datapoints', { query, ...options })
    yield* page.data
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
}
