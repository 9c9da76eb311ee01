import {
  AppError,
  type ChannelMapping,
  type CreateChannelMapping,
  type Direction,
  type InstanceId,
  MAX_CHANNELS,
  type MappingId,
  type Micros,
  newId,
  type UpdateChannelMapping,
} from '@webmacs/contracts'
import { type Row, type Tables, violatedUnique } from '@webmacs/database'
import type { Transaction } from 'kysely'
import type { Changes } from '../changes/changes.ts'
import { type HeldEvent, holdEvent } from '../events/hold-event.ts'
import { invalidField } from '../http/schema-validation.ts'
import { type Edit, nextVersion } from '../http/versions.ts'
import { rolesOf } from './channel-events.ts'
import { lockInstance } from './instance-changes.ts'

/*
 * A mapping is part of its instance: to change it is to change the instance, whose lock and version are the mapping's too. The instance is
 * locked first, then the event, so that nobody waits in a circle.
 */

/**
 * @returns the mapping, and the version of its instance
 * @throws AppError `plugin.unknown`, `request.precondition`, `request.invalid`, `channel.exists`, `event.unknown`, `channel.event-taken`
 */
export function createMapping(
  changes: Changes,
  id: InstanceId,
  input: CreateChannelMapping,
  terms: Edit,
): Promise<{ id: MappingId; updatedOn: Micros }> {
  return changes.make(terms.by, async ({ trx, record }) => {
    const instance = await lockInstance(trx, id, terms)
    await checkRoom(trx, instance)
    const { event_public_id: asked = null, channel_id, channel_name, direction, unit } = input
    const facts = { channel_id, channel_name, direction, unit }
    const event = asked === null ? null : await holdFreeEvent(trx, asked, direction)
    const mapping = newId('map')
    await trx
      .insertInto('channel_mappings')
      .values({ ...facts, public_id: mapping, instance_id: instance.id, event_id: event?.key ?? null })
      .execute()
      .catch(channelMapped(channel_id))
    const after = { instance: id, ...facts, event_public_id: event?.id ?? null }
    await record({ entity: 'channel_mapping', verb: 'created', id: mapping, after })
    return { id: mapping, updatedOn: await raiseVersion(trx, instance) }
  })
}

/**
 * Links the channel to another event, or to none.
 * @returns the version of the instance that is in force then
 * @throws AppError `plugin.unknown`, `request.precondition`, `channel.unknown`, `event.unknown`, `channel.event-taken`
 */
export function updateMapping(
  changes: Changes,
  { id, mapping }: { readonly id: InstanceId; readonly mapping: MappingId },
  { event_public_id: asked }: UpdateChannelMapping,
  terms: Edit,
): Promise<Micros> {
  return changes.make(terms.by, async ({ trx, record }) => {
    const instance = await lockInstance(trx, id, terms)
    const row = await findMapping(trx, instance, mapping)
    if (asked === undefined || asked === row.event_public_id) return instance.updated_on
    const event = asked === null ? null : await holdFreeEvent(trx, asked, row.direction)
    await trx
      .updateTable('channel_mappings')
      .set({ event_id: event?.key ?? null })
      .where('id', '=', row.id)
      .execute()
    const before = factsOf(id, row)
    const after = { ...before, event_public_id: event?.id ?? null }
    await record({ entity: 'channel_mapping', verb: 'updated', id: mapping, before, after })
    return raiseVersion(trx, instance)
  })
}

/**
 * The event stays, with what was measured.
 * @returns the version of the instance that is in force then
 * @throws AppError `plugin.unknown`, `request.precondition`, `channel.unknown`
 */
export function deleteMapping(
  changes: Changes,
  { id, mapping }: { readonly id: InstanceId; readonly mapping: MappingId },
  terms: Edit,
): Promise<Micros> {
  return changes.make(terms.by, async ({ trx, record }) => {
    const instance = await lockInstance(trx, id, terms)
    const row = await findMapping(trx, instance, mapping)
    await trx.deleteFrom('channel_mappings').where('id', '=', row.id).execute()
    await record({ entity: 'channel_mapping', verb: 'deleted', id: mapping, before: factsOf(id, row) })
    return raiseVersion(trx, instance)
  })
}

async function checkRoom(trx: Transaction<Tables>, instance: Row<'plugin_instances'>): Promise<void> {
  const { count } = await trx
    .selectFrom('channel_mappings')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('instance_id', '=', instance.id)
    .executeTakeFirstOrThrow()
  if (count >= MAX_CHANNELS)
    throw invalidField('body', `is one channel too many: an instance has ${MAX_CHANNELS} at most`)
}

/**
 * An event that a channel of that direction may be linked to. It is held, so nobody else links it meanwhile.
 * @throws AppError `event.unknown`, `channel.event-taken`
 */
async function holdFreeEvent(trx: Transaction<Tables>, asked: string, direction: Direction): Promise<HeldEvent> {
  const event = await holdEvent(trx, asked)
  const wanted = rolesOf(direction)
  const links = await trx
    .selectFrom('channel_mappings')
    .innerJoin('plugin_instances', 'plugin_instances.id', 'channel_mappings.instance_id')
    .select(['channel_mappings.direction', 'channel_id', 'instance_name'])
    .where('event_id', '=', event.key)
    .execute()
  const holder = links.find((link) => rolesOf(link.direction).some((role) => wanted.includes(role)))
  if (holder === undefined) return event
  throw new AppError('channel.event-taken', {
    detail: `The event is linked to the channel '${holder.channel_id}' of '${holder.instance_name}' already.`,
  })
}

type MappingRow = Row<'channel_mappings'> & Pick<ChannelMapping, 'event_public_id'>

/** @throws AppError `channel.unknown`, also for a mapping of another instance */
async function findMapping(
  trx: Transaction<Tables>,
  instance: Row<'plugin_instances'>,
  id: MappingId,
): Promise<MappingRow> {
  const row = await trx
    .selectFrom('channel_mappings')
    .leftJoin('events', 'events.id', 'channel_mappings.event_id')
    .selectAll('channel_mappings')
    .select('events.public_id as event_public_id')
    .where('channel_mappings.public_id', '=', id)
    .where('instance_id', '=', instance.id)
    .executeTakeFirst()
  if (row === undefined) throw new AppError('channel.unknown', { detail: `Channel mapping '${id}' not found.` })
  return row
}

function factsOf(instance: InstanceId, row: MappingRow) {
  const { channel_id, channel_name, direction, unit, event_public_id } = row
  return { instance, channel_id, channel_name, direction, unit, event_public_id }
}

function channelMapped(channel: string): (err: unknown) => never {
  return (err) => {
    if (violatedUnique(err) === 'channel_mappings_channel_key') {
      throw new AppError('channel.exists', { detail: `Channel mapping '${channel}' already exists.`, cause: err })
    }
    throw err
  }
}

async function raiseVersion(trx: Transaction<Tables>, { id }: Row<'plugin_instances'>): Promise<Micros> {
  const { updated_on } = await trx
    .updateTable('plugin_instances')
    .set({ updated_on: nextVersion })
    .where('id', '=', id)
    .returning('updated_on')
    .executeTakeFirstOrThrow()
  return updated_on
}
