import { forbidden } from '@webmacs/auth/fastify'
import type { Bus, Responder } from '@webmacs/bus'
import { AppError, mayActAs, parseTime, TelemetryBatch, type UserId } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import type { Kysely } from 'kysely'
import { answerRequests } from '../answer-requests.ts'
import type { TelemetryIntake } from './intake.ts'

interface TelemetryResponderOptions {
  readonly db: Kysely<Tables>
  readonly bus: Bus
  readonly intake: TelemetryIntake
}

/** Takes batches that came over a socket. Their sender is looked up with each: a role that was taken away ends the writing at once. */
export function answerTelemetry({ db, bus, intake }: TelemetryResponderOptions): Responder {
  const take = async (batch: TelemetryBatch) => {
    const user = await findSender(db, batch.user)
    const { outcome } = await intake.take({
      user,
      by: { kind: 'user', id: batch.user },
      receivedOn: batch.received_on === undefined ? undefined : parseTime(batch.received_on),
      kind: 'batch',
      datapoints: batch.datapoints,
      idempotencyKey: batch.idempotency_key,
      timeField: undefined,
      waitsForCommit: false,
    })
    return outcome
  }
  return answerRequests(bus, bus.names.subjects.telemetry, TelemetryBatch, take)
}

/**
 * @returns key of the user's row
 * @throws AppError `auth.user-gone`, `auth.forbidden`
 */
async function findSender(db: Kysely<Tables>, id: UserId): Promise<number> {
  const user = await db
    .selectFrom('users')
    .select(['id', 'role'])
    .where('public_id', '=', id)
    .where('deactivated_on', 'is', null)
    .executeTakeFirst()
  if (user === undefined) throw new AppError('auth.user-gone')
  if (!mayActAs(user.role, 'operator')) throw forbidden('operator')
  return user.id
}
