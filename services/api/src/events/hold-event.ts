import { AppError, type EventId } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import type { Transaction } from 'kysely'

export interface HeldEvent {
  /** Key of its row. */
  readonly key: number
  readonly id: EventId
}

/**
 * An event in use, to be linked by this transaction: until it ends, nobody else retires or links the event.
 * @param id as a client wrote it; any text
 * @throws AppError `event.unknown`
 */
export async function holdEvent(trx: Transaction<Tables>, id: string): Promise<HeldEvent> {
  const row = await trx
    .selectFrom('events')
    .select(['id', 'public_id'])
    .where('public_id', '=', id as EventId) // only looked up: another form of id is no event's
    .where('retired_on', 'is', null)
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (row === undefined) throw new AppError('event.unknown', { detail: 'Event not found.' })
  return { key: row.id, id: row.public_id }
}
