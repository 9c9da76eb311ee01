import {
  AppError,
  type Command,
  type CommandId,
  type CommandQuery,
  type EventId,
  formatTime,
  type InstanceId,
  type Micros,
} from '@webmacs/contracts'
import { moment, type Tables } from '@webmacs/database'
import { momentIn } from '@webmacs/http-kit/moments'
import { limitOf, offsetOf } from '@webmacs/http-kit/paging'
import { type Kysely, type SelectQueryBuilder, sql } from 'kysely'
import { type CommandRow, commandOf } from './command-answer.ts'
import type { Orderer, Output } from './output.ts'

/** What somebody wants. */
export interface Order {
  readonly id: CommandId
  readonly output: Output
  /** In the unit of the channel. */
  readonly value: number
  readonly by: Orderer
  readonly askedOn: Micros
  readonly ttlMs: number
  readonly expectedPrevious?: number | undefined
  readonly reason?: string | undefined
}

/**
 * Writes a new command down before anything is done with it.
 * @returns the row that has the id, which may be another order's
 */
export async function recordOrder(db: Kysely<Tables>, order: Order): Promise<{ row: CommandRow; isNew: boolean }> {
  const { id, output, value, by, askedOn, ttlMs, reason } = order
  const requestedOn = formatTime(askedOn)
  const made = await db
    .insertInto('commands')
    .values({
      public_id: id,
      controller: output.controller,
      ...{ instance_public_id: output.instance, instance_name: output.instanceName },
      ...{ channel_id: output.channel, channel_name: output.channelName, unit: output.unit },
      event_public_id: output.event,
      value,
      state: 'requested',
      ...{ actor_kind: by.kind, actor_id: by.id, actor_name: nameOf(by), reason: reason ?? null },
      requested_on: requestedOn,
      expires_on: formatTime(askedOn + ttlMs * 1000),
      transitions: JSON.stringify([{ state: 'requested', time: requestedOn }]),
    })
    .onConflict((conflict) => conflict.column('public_id').doNothing())
    .returningAll()
    .executeTakeFirst()
  return made === undefined ? { row: await readRow(db, id), isNew: false } : { row: made, isNew: true }
}

/** As it is now; who has been deleted meanwhile is called by the id. */
const nameOf = ({ kind, id }: Orderer) =>
  kind === 'token'
    ? sql<string>`coalesce((SELECT name FROM api_tokens WHERE public_id = ${id}), ${id})`
    : sql<string>`coalesce((SELECT username FROM users WHERE public_id = ${id}), ${id})`

/** @throws AppError `command.unknown` */
export async function readRow(db: Kysely<Tables>, id: CommandId): Promise<CommandRow> {
  const row = await db.selectFrom('commands').selectAll().where('public_id', '=', id).executeTakeFirst()
  if (row === undefined) throw new AppError('command.unknown', { detail: `Command '${id}' not found.` })
  return row
}

/**
 * Commands, newest first.
 * @throws AppError `request.invalid` for a moment that is none
 */
export async function listCommands(
  db: Kysely<Tables>,
  query: CommandQuery,
): Promise<{ total: number; commands: Command[] }> {
  const selected = selectedBy(query)
  const [rows, counted] = await Promise.all([
    selected(db.selectFrom('commands'))
      .selectAll()
      .orderBy('requested_on', 'desc')
      .orderBy('id', 'desc')
      .limit(limitOf(query))
      .offset(offsetOf(query))
      .execute(),
    selected(db.selectFrom('commands'))
      .select(({ fn }) => fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow(),
  ])
  return { total: counted.total, commands: rows.map(commandOf) }
}

type Selection<O> = SelectQueryBuilder<Tables, 'commands', O>

function selectedBy({ event, instance, state, user, from, to }: CommandQuery): <O>(all: Selection<O>) => Selection<O> {
  const notBefore = from === undefined ? undefined : momentIn('query.from', from)
  const before = to === undefined ? undefined : momentIn('query.to', to)
  return (all) => {
    let selection = all
    // Any text is looked up: what has not the form of an id is nobody's.
    if (event !== undefined) selection = selection.where('event_public_id', '=', event as EventId)
    if (instance !== undefined) selection = selection.where('instance_public_id', '=', instance as InstanceId)
    if (state !== undefined) selection = selection.where('state', '=', state)
    if (user !== undefined) selection = selection.where('actor_id', '=', user)
    if (notBefore !== undefined) selection = selection.where('requested_on', '>=', moment(notBefore))
    if (before !== undefined) selection = selection.where('requested_on', '<', moment(before))
    return selection
  }
}
