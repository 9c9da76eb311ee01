import type { Principal } from '@webmacs/auth/fastify'
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

/** An output that is more than on and off needs more than a switch. */
export function eventTypeOf({ direction, min_value, max_value }: ChannelDescription): EventType {
  if (direction === 'input') return 'sensor'
  return direction === 'output' && min_value === 0 && max_value === 1 ? 'actuator' : 'range'
}

export const channelEventName = (instanceName: string, { name }: ChannelDescription): string =>
  `${instanceName} – ${name}`

/**
 * An event for each channel of a new instance: a new one, or the one that has its name already, as it is, unless another channel has it.
 * What it returns is held until the transaction ends, so that nobody else links it meanwhile.
 */
export async function eventsForChannels(
  { trx, record }: Making,
  instanceName: string,
  channels: readonly ChannelDescription[],
  by: Principal | null,
): Promise<ChannelEvents> {
  const named = channels.map((channel) => ({ channel, name: channelEventName(instanceName, channel) }))
  const made = await makeMissing(trx, named, by)
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

async function makeMissing(trx: Transaction<Tables>, named: readonly NamedChannel[], by: Principal | null) {
  const rows = named.map(({ channel, name }) => ({ public_id: newId('evt'), name, ...describe(channel) }))
  const made = await trx
    .insertInto('events')
    .values(rows.map((row) => ({ ...row, user_id: by?.key ?? null })))
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
  type: eventTypeOf(channel),
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
