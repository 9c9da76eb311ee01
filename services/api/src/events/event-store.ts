import { isDeepStrictEqual } from 'node:util'
import type { Principal } from '@webmacs/auth/fastify'
import {
  AppError,
  type CreateEvent,
  type Event,
  type EventId,
  type Micros,
  newId,
  type Page,
  type UpdateEvent,
} from '@webmacs/contracts'
import { type Row, type Tables, violatedUnique } from '@webmacs/database'
import { limitOf, offsetOf } from '@webmacs/http-kit/paging'
import { checkVersion, type Edit, nextVersion, type Versioned } from '@webmacs/http-kit/versions'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Changes } from '../changes/changes.ts'

/** Events that are not retired, oldest first. */
export async function listEvents(db: Kysely<Tables>, page: Page): Promise<{ total: number; events: Event[] }> {
  const [rows, counted] = await Promise.all([
    activeEvents(db).orderBy('events.id').limit(limitOf(page)).offset(offsetOf(page)).execute(),
    db
      .selectFrom('events')
      .select(({ fn }) => fn.countAll<number>().as('total'))
      .where('retired_on', 'is', null)
      .executeTakeFirstOrThrow(),
  ])
  return { total: counted.total, events: rows.map(({ updated_on, ...event }) => event) }
}

/** @throws AppError `event.unknown`, also for a retired one */
export async function readEvent(db: Kysely<Tables>, id: EventId): Promise<Versioned<Event>> {
  const row = await activeEvents(db).where('events.public_id', '=', id).executeTakeFirst()
  if (row === undefined) throw unknownEvent(id)
  const { updated_on, ...value } = row
  return { value, updatedOn: updated_on }
}

/** @throws AppError `event.exists`, `event.range` */
export function createEvent(changes: Changes, input: CreateEvent, by: Principal): Promise<EventId> {
  const facts = factsOf({ ...NO_DETAILS, ...definedOnly(input) })
  checkRange(facts)
  const id = newId('evt')
  return changes.make(by, async ({ trx, record }) => {
    await trx
      .insertInto('events')
      .values({ public_id: id, ...columnsOf(facts), user_id: by.key })
      .execute()
      .catch(nameTaken(facts.name))
    await record({ entity: 'event', verb: 'created', id, after: facts })
    return id
  })
}

/**
 * Changes what the input names.
 * @returns the version that is in force then
 * @throws AppError `event.unknown`, `event.exists`, `event.range`, `request.precondition`
 */
export function updateEvent(
  changes: Changes,
  id: EventId,
  input: UpdateEvent,
  { by, expected }: Edit,
): Promise<Micros> {
  return changes.make(by, async ({ trx, record }) => {
    const row = await lockEvent(trx, id)
    checkVersion(expected, row.updated_on)
    const before = factsOf(row)
    const after = factsOf({ ...before, ...definedOnly(input) })
    checkRange(after)
    if (isDeepStrictEqual(before, after)) return row.updated_on
    const { updated_on } = await trx
      .updateTable('events')
      .set({ ...columnsOf(after), updated_on: nextVersion })
      .where('id', '=', row.id)
      .returning('updated_on')
      .executeTakeFirstOrThrow()
      .catch(nameTaken(after.name))
    await record({ entity: 'event', verb: 'updated', id, before, after })
    return updated_on
  })
}

/**
 * Takes an event out of use: its name becomes free, its channels and widgets unlinked, its datapoints stay.
 * @throws AppError `event.unknown`, `request.precondition`
 */
export async function retireEvent(changes: Changes, id: EventId, { by, expected }: Edit): Promise<void> {
  await changes.make(by, async ({ trx, record }) => {
    const row = await lockEvent(trx, id)
    checkVersion(expected, row.updated_on)
    await trx
      .updateTable('events')
      .set({ retired_on: sql`now()`, updated_on: nextVersion })
      .where('id', '=', row.id)
      .execute()
    await trx.updateTable('channel_mappings').set({ event_id: null }).where('event_id', '=', row.id).execute()
    await trx.updateTable('dashboard_widgets').set({ event_id: null }).where('event_id', '=', row.id).execute()
    await record({ entity: 'event', verb: 'retired', id, before: factsOf(row) })
  })
}

const activeEvents = (db: Kysely<Tables>) =>
  db
    .selectFrom('events')
    .leftJoin('users', 'users.id', 'events.user_id')
    .select(['events.public_id', 'events.name', 'min_value', 'max_value', 'unit', 'type'])
    .select(['description', 'area', 'tags', 'decimals', 'value_labels', 'expected_interval_seconds'])
    .select(['users.public_id as user_public_id', 'events.updated_on'])
    .where('retired_on', 'is', null)

/** @throws AppError `event.unknown` */
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

type EventFacts = Omit<Event, 'public_id' | 'user_public_id'>

const NO_DETAILS = {
  description: null,
  area: null,
  tags: [],
  decimals: null,
  value_labels: null,
  expected_interval_seconds: null,
}

function factsOf(event: EventFacts): EventFacts {
  const { name, min_value, max_value, unit, type } = event
  const { description, area, tags, decimals, value_labels, expected_interval_seconds } = event
  return {
    ...{ name, min_value, max_value, unit, type },
    ...{ description, area, tags, decimals, value_labels, expected_interval_seconds },
  }
}

const columnsOf = ({ value_labels, ...facts }: EventFacts) => ({
  ...facts,
  value_labels: value_labels === null ? null : JSON.stringify(value_labels),
})

/** Without the keys that are there but undefined, so that spreading them changes nothing. */
function definedOnly<T extends object>(input: T): T {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as T // fewer keys, same values
}

function checkRange({ min_value, max_value }: Pick<EventFacts, 'min_value' | 'max_value'>): void {
  if (min_value <= max_value) return
  const field = 'body.min_value'
  const rule = `must not be above max_value (${min_value} > ${max_value})`
  throw new AppError('event.range', { detail: `${field} ${rule}.`, errors: [{ field, rule, value: min_value }] })
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
