import { type ChannelDescription, MAX_CHANNELS, newId } from '@webmacs/contracts'
import type { Row, Tables } from '@webmacs/database'
import type { Transaction } from 'kysely'
import type { Making } from '../changes/changes.ts'
import { type ChangedChannel, channelDifferences } from './channel-differences.ts'
import { type ChannelEvents, eventsForChannels, fitsEventName, rolesOf } from './channel-events.ts'

/** What was done to the mappings of an instance, and what could not be. */
export interface FollowedChannels {
  /** For the audit log: only channels that changed. */
  readonly before: readonly object[]
  readonly after: readonly object[]
  readonly added: number
  /** Channels that kept their old direction, because their event has another channel in the new one. */
  readonly blocked: readonly string[]
  /** Channels beyond the most that an instance may have. */
  readonly leftOut: number
}

export const hasFollowed = ({ after }: FollowedChannels): boolean => after.length > 0

/**
 * Gives an instance the channels that its device has: new ones are mapped, with events where the instance wants them; known ones take name,
 * unit and direction of their driver; none is taken away. Doing it again does nothing.
 * @param instance locked by this transaction; raising its version and noting the change is the caller's
 */
export async function followChannels(
  making: Making,
  instance: Row<'plugin_instances'>,
  channels: readonly ChannelDescription[],
): Promise<FollowedChannels> {
  const { trx } = making
  const mapped = await trx.selectFrom('channel_mappings').selectAll().where('instance_id', '=', instance.id).execute()
  const { added, changed } = channelDifferences(mapped, channels, instance.removed_channels)
  const fitting = added.slice(0, Math.max(0, MAX_CHANNELS - mapped.length))
  const updates = await updateMappings(trx, changed)
  const made = await addChannels(making, instance, fitting)
  return {
    before: updates.before,
    after: [...updates.after, ...made],
    added: made.length,
    blocked: updates.blocked,
    leftOut: added.length - fitting.length,
  }
}

async function updateMappings(trx: Transaction<Tables>, changed: readonly ChangedChannel[]) {
  const before: object[] = []
  const after: object[] = []
  const blocked: string[] = []
  for (const { mapping, channel } of changed) {
    const { channel_id, channel_name, unit } = mapping
    const isFree = mapping.direction === channel.direction || (await mayTurn(trx, { mapping, channel }))
    if (!isFree) blocked.push(channel_id)
    const direction = isFree ? channel.direction : mapping.direction
    if (channel_name === channel.name && unit === channel.unit && mapping.direction === direction) continue
    const facts = { channel_name: channel.name, unit: channel.unit, direction }
    await trx.updateTable('channel_mappings').set(facts).where('id', '=', mapping.id).execute()
    before.push({ channel_id, channel_name, unit, direction: mapping.direction })
    after.push({ channel_id, ...facts })
  }
  return { before, after, blocked }
}

/** Whether no other channel of its event has the role that it gets; the event is held, so that none takes it meanwhile. */
async function mayTurn(trx: Transaction<Tables>, { mapping, channel }: ChangedChannel): Promise<boolean> {
  if (mapping.event_id === null) return true
  await trx.selectFrom('events').select('id').where('id', '=', mapping.event_id).forNoKeyUpdate().execute()
  const others = await trx
    .selectFrom('channel_mappings')
    .select('direction')
    .where('event_id', '=', mapping.event_id)
    .where('id', '!=', mapping.id)
    .execute()
  const taken = new Set(others.flatMap(({ direction }) => rolesOf(direction)))
  return !rolesOf(channel.direction).some((role) => taken.has(role))
}

/** @returns what the audit log says of them */
async function addChannels(
  making: Making,
  instance: Row<'plugin_instances'>,
  channels: readonly ChannelDescription[],
): Promise<object[]> {
  const { instance_name: name, auto_create_events: withEvents, user_id: owner } = instance
  const named = withEvents ? channels.filter((channel) => fitsEventName(name, channel)) : []
  const events = await eventsForChannels(making, name, named, owner)
  return makeMappings(making.trx, instance.id, channels, events)
}

/** @returns what the audit log says of them */
export async function makeMappings(
  trx: Transaction<Tables>,
  instance: number,
  channels: readonly ChannelDescription[],
  { linked }: ChannelEvents,
): Promise<object[]> {
  if (channels.length === 0) return []
  const mappings = channels.map(({ id, name, direction, unit }) => ({
    public_id: newId('map'),
    instance_id: instance,
    channel_id: id,
    channel_name: name,
    direction,
    unit,
    event_id: linked.get(id)?.key ?? null,
  }))
  await trx.insertInto('channel_mappings').values(mappings).execute()
  return channels.map(({ id }) => ({ channel_id: id, event_public_id: linked.get(id)?.id ?? null }))
}
