import { isDeepStrictEqual } from 'node:util'
import type { Principal } from '@webmacs/auth/fastify'
import {
  AppError,
  type CreateEvent,
  type Event,
  type EventId,
  newId,
  type Page,
  type UpdateEvent,
} from '@webmacs/contracts'
import { type Row, type Tables, violatedUnique } from '@webmacs/database'
import { type Kysely, sql, type Transaction } from 'kysely'
import { recordChange } from '../changes/audit-log.ts'
import { offsetOf } from '../http/paging.ts'

/** Events that are not retired, oldest first. */
export async function listEvents(db: Kysely<Tables>, page: Page): Promise<{ total: number; events: Event[] }> {
  const [rows, counted] = await Promise.all([
    activeEvents(db).orderBy('events.id').limit(page.page_size).offset(offsetOf(page)).execute(),
    db
      .selectFrom('events')
      .select(({ fn }) => fn.countAll<number>().as('total'))
      .where('retired_on', 'is', null)
      .executeTakeFirstOrThrow(),
  ])
  return { total: counted.total, events: rows }
}

/** @throws AppError `event.unknown`, also for a retired one */
export async function readEvent(db: Kysely<Tables>, id: EventId): Promise<Event> {
  const row = await activeEvents(db).where('events.public_id', '=', id).executeTakeFirst()
  if (row === undefined) throw unknownEvent(id)
  return row
}

/** @throws AppError `event.exists`, `event.range` */
export async function createEvent(db: Kysely<Tables>, input: CreateEvent, by: Principal): Promise<Event> {
  checkRange(input)
  const { name, min_value, max_value, unit, type } = input
  const event = { public_id: newId('evt'), name, min_value, max_value, unit, type }
  await db.transaction().execute(async (trx) => {
    await trx
      .insertInto('events')
      .values({ ...event, user_id: by.key })
      .execute()
      .catch(nameTaken(name))
    await recordChange(trx, { by, entity: 'event', id: event.public_id, action: 'created', after: event })
  })
  return { ...event, user_public_id: by.id }
}

/**
 * Changes what the input names.
 * @returns whether anything is different now
 * @throws AppError `event.unknown`, `event.exists`, `event.range`
 */
export function updateEvent(db: Kysely<Tables>, id: EventId, input: UpdateEvent, by: Principal): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const row = await lockEvent(trx, id)
    const before = factsOf(row)
    const after = factsOf({ ...row, ...definedOnly(input) })
    checkRange(after)
    if (isDeepStrictEqual(before, after)) return false
    await trx
      .updateTable('events')
      .set({ ...after, updated_on: sql`now()` })
      .where('id', '=', row.id)
      .execute()
      .catch(nameTaken(after.name))
    await recordChange(trx, { by, entity: 'event', id, action: 'updated', before, after })
    return true
  })
}

/** Takes an event out of use: its name becomes free and its channels unlinked, its datapoints stay. @throws AppError `event.unknown` */
export async function retireEvent(db: Kysely<Tables>, id: EventId, by: Principal): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const row = await lockEvent(trx, id)
    await trx
      .updateTable('events')
      .set({ retired_on: sql`now()`, updated_on: sql`now()` })
      .where('id', '=', row.id)
      .execute()
    await trx.updateTable('channel_mappings').set({ event_id: null }).where('event_id', '=', row.id).execute()
    await recordChange(trx, { by, entity: 'event', id, action: 'retired', before: factsOf(row) })
  })
}

const activeEvents = (db: Kysely<Tables>) =>
  db
    .selectFrom('events')
    .leftJoin('users', 'users.id', 'events.user_id')
    .select(['events.public_id', 'events.name', 'min_value', 'max_value', 'unit', 'type'])
    .select('users.public_id as user_public_id')
    .where('retired_on', 'is', null)

async function lockEvent(trx: Transaction<Tables>, id: EventId): Promise<Row<'events'>> {
  const row = await trx
    .selectFrom('events')
    .selectAll()
    .where('public_id', '=', id)
    .where('retired_on', 'is', null)
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined) throw unknownEvent(id)
  return row
}

type EventFacts = Required<UpdateEvent>

function factsOf({ name, min_value, max_value, unit, type }: EventFacts): EventFacts {
  return { name, min_value, max_value, unit, type }
}

function definedOnly(input: UpdateEvent): UpdateEvent {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
}

function checkRange({ min_value, max_value }: { min_value: number; max_value: number }): void {
  if (min_value <= max_value) return
  const field = 'body.min_value'
  const rule = `must not be above max_value (${min_value} > ${max_value})`
  throw new AppError('event.range', { detail: `${field} ${rule}.`, errors: [{ field, rule }] })
}

function nameTaken(name: string): (err: unknown) => never {
  return (err) => {
    if (violatedUnique(err) === 'events_name_key') {
      throw new AppError('event.exists', { detail: `Event '${name}' already exists.`, cause: err })
    }
    throw err
  }
}

const unknownEvent = (id: string): AppError => new AppError('event.unknown', { detail: `Event '${id}' not found.` })
