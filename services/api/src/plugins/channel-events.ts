import { type ChannelDescription, type Direction, type EventType, newId } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import type { Transaction } from 'kysely'
import type { Making } from '../changes/changes.ts'
import type { HeldEvent } from '../events/hold-event.ts'

export interface ChannelEvents {
  /** Channel id → its event; a channel whose event is linked elsewhere has none. */
  readonly linked: ReadonlyMap<string, HeldEvent>
  /** How many of them were there before. */
  readonly reused: number
}

/** What an event is linked to a channel for; for each it has one channel at most. */
export type LinkRole = 'input' | 'output'

export const rolesOf = (direction: Direction): LinkRole[] =>
  direction === 'bidirectional' ? ['input', 'output'] : [direction]

/** As they always were. What an actuator can be set to is told by its range, not by its type. */
const EVENT_TYPES = { input: 'sensor', output: 'actuator', bidirectional: 'range' } as const satisfies Record<
  Direction,
  EventType
>

/** As long as the name of an event may be, characters. */
export const MAX_EVENT_NAME = 255

export const channelEventName = (instanceName: string, { name }: ChannelDescription): string =>
  `${instanceName} – ${name}`

export const fitsEventName = (instanceName: string, channel: ChannelDescription): boolean =>
  [...channelEventName(instanceName, channel)].length <= MAX_EVENT_NAME

/**
 * An event for each new channel of an instance: a new one, or the one that has its name already, as it is, unless another channel has it.
 * What it returns is held until the transaction ends, so that nobody else links it meanwhile.
 * @param owner key of the user whose events they are; null: nobody's
 */
export async function eventsForChannels(
  { trx, record }: Making,
  instanceName: string,
  channels: readonly ChannelDescription[],
  owner: number | null,
): Promise<ChannelEvents> {
  if (channels.length === 0) return { linked: new Map(), reused: 0 }
  const named = channels.map((channel) => ({ channel, name: channelEventName(instanceName, channel) }))
  const made = await makeMissing(trx, named, owner)
  for (const { public_id, ...facts } of made)
    await record({ entity: 'event', verb: 'created', id: public_id, after: facts })
  const events = await holdNamed(trx, new Set(named.map(({ name }) => name)))
  const taken = await takenRoles(trx, [...events.values()])
  const linked = new Map<string, HeldEvent>()
  for (const { channel, name } of named) {
    const event = events.get(name)
    const roles = rolesOf(channel.direction).map((role) => `${event?.key} ${role}`)
    if (event === undefined || roles.some((role) => taken.has(role))) continue
    for (const role of roles) taken.add(role)
    linked.set(channel.id, event)
  }
  const isNew = new Set(made.map(({ public_id }) => public_id))
  return { linked, reused: [...linked.values()].filter(({ id }) => !isNew.has(id)).length }
}

interface NamedChannel {
  readonly channel: ChannelDescription
  readonly name: string
}

async function makeMissing(trx: Transaction<Tables>, named: readonly NamedChannel[], owner: number | null) {
  const rows = named.map(({ channel, name }) => ({ public_id: newId('evt'), name, ...describe(channel) }))
  const made = await trx
    .insertInto('events')
    .values(rows.map((row) => ({ ...row, user_id: owner })))
    .onConflict((conflict) => conflict.column('name').where('retired_on', 'is', null).doNothing())
    .returning('public_id')
    .execute()
  const ids = new Set(made.map(({ public_id }) => public_id))
  return rows.filter(({ public_id }) => ids.has(public_id))
}

const describe = (channel: ChannelDescription) => ({
  min_value: channel.min_value,
  max_value: channel.max_value,
  unit: channel.unit,
  type: EVENT_TYPES[channel.direction],
})

async function holdNamed(trx: Transaction<Tables>, names: ReadonlySet<string>): Promise<Map<string, HeldEvent>> {
  const rows = await trx
    .selectFrom('events')
    .select(['id', 'public_id', 'name'])
    .where('name', 'in', [...names])
    .where('retired_on', 'is', null)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute()
  return new Map(rows.map(({ id, public_id, name }) => [name, { key: id, id: public_id }]))
}

async function takenRoles(trx: Transaction<Tables>, events: readonly HeldEvent[]): Promise<Set<string>> {
  if (events.length === 0) return new Set()
  const keys = events.map(({ key }) => key)
  const rows = await trx
    .selectFrom('channel_mappings')
    .select(['event_id', 'direction'])
    .where('event_id', 'in', keys)
    .execute()
  return new Set(rows.flatMap(({ event_id, direction }) => rolesOf(direction).map((role) => `${event_id} ${role}`)))
}
