import type { Experiment, ExperimentId, Success, UpdateExperiment } from '@webmacs/contracts'
import type { Http, RequestOptions } from '../http.ts'
import { type Listed, listOf } from '../lists.ts'
import {
  type ChangeOptions,
  type Created,
  create,
  type Deletable,
  deletable,
  pathTo,
  publicIdOf,
  type Readable,
  readable,
  type Updatable,
  updatable,
} from './things.ts'

/** `update` with `keep` says whether retention spares what was measured during it. */
export interface ExperimentsClient
  extends Listed<Experiment>,
    Readable<Experiment>,
    Updatable<UpdateExperiment>,
    Deletable {
  /** Readings belong to it from now on. Fails with `experiment.running` while another one runs. */
  start(name: string, options?: RequestOptions): Promise<Created<ExperimentId>>
  stop(id: string, options?: ChangeOptions): Promise<Success>
  rename(id: string, name: string, options?: ChangeOptions): Promise<Success>
}

export function experimentsClient(http: Http): ExperimentsClient {
  const { update } = updatable<UpdateExperiment>(http, '/experiments')
  return {
    ...listOf<Experiment>(http, '/experiments', publicIdOf),
    ...readable<Experiment>(http, '/experiments'),
    ...deletable(http, '/experiments'),
    start: (name, options) => create(http, '/experiments', { name }, options),
    stop: (id, options) => http.send(`${pathTo('/experiments', id)}/stop`, { method: 'PUT', ...options }),
    update,
    rename: (id, name, options) => update(id, { name }, options),
  }
}
