import type { Bus } from '@webmacs/bus'
import { TELEMETRY_PATH } from '@webmacs/contracts'
import type { Logger, Metrics } from '@webmacs/service-kit'
import type { Endpoint } from '../sockets/endpoint.ts'
import { TelemetrySession } from './session.ts'

/** As older servers took; a full batch is far smaller. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024

export interface TelemetryEndpointOptions {
  readonly bus: Bus
  readonly metrics: Metrics
  readonly log: Logger
  /** How long a batch without an id may be tried again, milliseconds. */
  readonly holdMs: number
}

/** Readings from controllers, for operators. Closed while api does not answer: it alone takes readings, and knows who may send them. */
export function telemetryEndpoint({ bus, metrics, log, holdMs }: TelemetryEndpointOptions): Endpoint {
  const datapoints = metrics.counter(
    'fanout_telemetry_datapoints_total',
    'Datapoints that came over the telemetry socket, by outcome',
    ['outcome'],
  )
  const lost = metrics.counter(
    'fanout_telemetry_lost_total',
    'Datapoints of batches without an id that were given up: nobody sends them again',
  )
  return {
    name: 'telemetry',
    path: TELEMETRY_PATH,
    needs: { role: 'operator', admitsWithoutApi: false },
    maxMessageBytes: MAX_MESSAGE_BYTES,
    open: (socket, { user }) =>
      new TelemetrySession({
        socket,
        bus,
        user,
        log,
        holdMs,
        onLost: (batch) => lost.inc(batch.datapoints.length),
        onSubmitted: (batch, submission) => {
          const accepted = submission.kind === 'taken' ? submission.outcome.accepted : 0
          const rejected = submission.kind === 'taken' ? submission.outcome.rejected.length : batch.rejected.length
          datapoints.inc({ outcome: 'accepted' }, accepted)
          datapoints.inc({ outcome: 'rejected' }, rejected)
          if (submission.kind !== 'taken') datapoints.inc({ outcome: 'failed' }, batch.datapoints.length)
        },
      }),
  }
}
