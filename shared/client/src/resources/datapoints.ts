import type {
  Datapoint,
  DatapointsCreated,
  NewDatapoint,
  SeriesRequest,
  SeriesResponse,
  Success,
  TelemetryOutcome,
} from '@webmacs/contracts'
import { randomKey, sendInBatches } from '../batches.ts'
import type { Http, RequestOptions } from '../http.ts'
import { type Listed, listOf } from '../lists.ts'
import { pathTo, publicIdOf } from './things.ts'

export interface SendOptions extends RequestOptions {
  /**
   * Names what is sent, so that it is stored once however often it arrives. Left out, each call has a key of its own; give one that you keep
   * to send the same again after a restart of your program.
   */
  readonly idempotencyKey?: string | undefined
}

export interface DatapointsClient extends Pick<Listed<Datapoint>, 'list' | 'each'> {
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
}

export function datapointsClient(http: Http): DatapointsClient {
  const { list, each } = listOf<Datapoint>(http, '/datapoints', publicIdOf)
  return {
    list,
    each,
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
  }
}
