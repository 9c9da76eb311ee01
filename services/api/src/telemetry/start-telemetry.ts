import type { Bus } from '@webmacs/bus'
import type { Tables } from '@webmacs/database'
import type { Logger } from '@webmacs/service-kit'
import type { Kysely } from 'kysely'
import type { CommitWatch } from './commit-watch.ts'
import type { HistorianLag } from './historian-lag.ts'
import type { IdempotencyKeys } from './idempotency-keys.ts'
import type { TelemetryIntake } from './intake.ts'
import type { OwnSource } from './own-source.ts'
import { answerTelemetry } from './responder.ts'

/** What taking datapoints in is made of. */
export interface TelemetryParts {
  readonly source: () => Promise<OwnSource>
  readonly keys: IdempotencyKeys
  readonly lag: HistorianLag
  readonly commits: CommitWatch
}

interface StartOptions extends Omit<TelemetryParts, 'source'> {
  readonly source: OwnSource
  readonly intake: TelemetryIntake
  readonly db: Kysely<Tables>
  readonly bus: Bus
  readonly log: Logger
}

const PURGE_INTERVAL_MS = 15 * 60_000

/** What goes on beside the requests: watching the writer, answering sockets' batches, forgetting old keys. Disposal lets answers finish. */
export function startTelemetry({ source, keys, lag, commits, intake, db, bus, log }: StartOptions): AsyncDisposable {
  lag.start(bus)
  commits.start(bus, source)
  const responder = answerTelemetry({ db, bus, intake })
  const purge = (): void => {
    keys.purge().catch((err: unknown) => {
      log.warn({ event: 'idempotency-keys.purge-failed', err }, 'old idempotency keys could not be removed')
    })
  }
  purge()
  const purging = setInterval(purge, PURGE_INTERVAL_MS)
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(purging)
      await responder.stop()
      commits.stop()
      lag.stop()
    },
  }
}
