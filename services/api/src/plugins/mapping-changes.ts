import { isDeepStrictEqual } from 'node:util'
import {
  AppError,
  type ChannelDescription,
  type ChannelMapping,
  type ChannelSettings,
  type CreateChannelMapping,
  type Direction,
  type InstanceId,
  MAX_CHANNELS,
  type MappingId,
  type Micros,
  newId,
  type UpdateChannelMapping,
} from '@webmacs/contracts'
import { type Row, type RowChange, type Tables, violatedUnique } from '@webmacs/database'
import { invalidField } from '@webmacs/http-kit/schema-validation'
import { type Edit, nextVersion } from '@webmacs/http-kit/versions'
import { sql, type Transaction } from 'kysely'
import type { Changes } from '../changes/changes.ts'
import { type HeldEvent, holdEvent } from '../events/hold-event.ts'
import { rolesOf } from './channel-events.ts'
import type { ControllerStates } from './controller-states.ts'
import { lockInstance } from './instance-changes.ts'
import { knownChannels } from './known-channels.ts'
import { checkSettings } from './settings-rules.ts'

export interface MappingParts {
  readonly changes: Changes
  readonly states: ControllerStates
}

/*
 * A mapping is part of its instance: to change it is to change the instance, whose lock and version are the mapping's too. The instance is
 * locked first, then the event, so that nobody waits in a circle.
 */

/**
 * @returns the mapping, and the version of its instance
 * @throws AppError `plugin.unknown`, `request.precondition`, `request.invalid`, `channel.exists`, `event.unknown`, `channel.event-taken`
 */
export function createMapping(
  { changes, states }: MappingParts,
  id: InstanceId,
  input: CreateChannelMapping,
  edit: Edit,
): Promise<{ id: MappingId; updatedOn: Micros }> {
  return changes.make(edit.by, async ({ trx, record }) => {
    const instance = await lockInstance(trx, id, edit)
    await checkRoom(trx, instance)
    const { event_public_id: asked = null, channel_id, channel_name, direction, unit, settings = {} } = input
    const facts = { channel_id, channel_name, direction, unit, settings }
    checkSettings(settings, { direction, channel: await describeChannel(trx, states, instance, channel_id) })
    await checkSize(trx, instance, { settings })
    const event = asked === null ? null : await holdFreeEvent(trx, asked, direction)
    const mapping = newId('map')
    await trx
      .insertInto('channel_mappings')
      .values({
        ...facts,
        settings: JSON.stringify(settings),
        public_id: mapping,
        instance_id: instance.id,
        event_id: event?.key ?? null,
      })
      .execute()
      .catch(channelMapped(channel_id))
    const after = { instance: id, ...facts, event_public_id: event?.id ?? null }
    await record({ entity: 'channel_mapping', verb: 'created', id: mapping, after })
    const removed_channels = instance.removed_channels.filter((removed) => removed !== channel_id)
    return { id: mapping, updatedOn: await raiseVersion(trx, instance, { removed_channels }) }
  })
}

/**
 * Links the channel to another event or to none, and sets its settings.
 * @returns the version of the instance that is in force then
 * @throws AppError `plugin.unknown`, `request.precondition`, `request.invalid`, `channel.unknown`, `event.unknown`, `channel.event-taken`
 */
export function updateMapping(
  { changes, states }: MappingParts,
  { id, mapping }: { readonly id: InstanceId; readonly mapping: MappingId },
  { event_public_id: asked, settings }: UpdateChannelMapping,
  edit: Edit,
): Promise<Micros> {
  return changes.make(edit.by, async ({ trx, record }) => {
    const instance = await lockInstance(trx, id, edit)
    const row = await findMapping(trx, instance, mapping)
    const isLinkedAnew = asked !== undefined && asked !== row.event_public_id
    const isSetAnew = settings !== undefined && !isDeepStrictEqual(settings, row.settings)
    if (!isLinkedAnew && !isSetAnew) return instance.updated_on
    const after = { ...row }
    if (isSetAnew) {
      const channel = await describeChannel(trx, states, instance, row.channel_id)
      checkSettings(settings, { direction: row.direction, channel })
      await checkSize(trx, instance, { settings, insteadOf: row.id })
      after.settings = settings
    }
    if (isLinkedAnew) {
      const event = asked === null ? null : await holdFreeEvent(trx, asked, row.direction)
      after.event_id = event?.key ?? null
      after.event_public_id = event?.id ?? null
    }
    await trx
      .updateTable('channel_mappings')
      .set({ event_id: after.event_id, settings: JSON.stringify(after.settings) })
      .where('id', '=', row.id)
      .execute()
    const made = { before: factsOf(id, row), after: factsOf(id, after) }
    await record({ entity: 'channel_mapping', verb: 'updated', id: mapping, ...made })
    return raiseVersion(trx, instance)
  })
}

/**
 * The event stays, with what was measured. The channel gets no mapping by itself any more, though its device has it.
 * @returns the version of the instance that is in force then
 * @throws AppError `plugin.unknown`, `request.precondition`, `channel.unknown`
 */
export function deleteMapping(
  changes: Changes,
  { id, mapping }: { readonly id: InstanceId; readonly mapping: MappingId },
  edit: Edit,
): Promise<Micros> {
  return changes.make(edit.by, async ({ trx, record }) => {
    const instance = await lockInstance(trx, id, edit)
    const row = await findMapping(trx, instance, mapping)
    await trx.deleteFrom('channel_mappings').where('id', '=', row.id).execute()
    await record({ entity: 'channel_mapping', verb: 'deleted', id: mapping, before: factsOf(id, row) })
    const others = instance.removed_channels.filter((removed) => removed !== row.channel_id)
    return raiseVersion(trx, instance, { removed_channels: [...others, row.channel_id].slice(-MAX_CHANNELS) })
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

/** Settings of all channels of an instance, bytes of JSON: with the rest that its controller is told, they have to fit into one message. */
const MAX_SETTINGS_BYTES = 300_000

/** @throws AppError `request.invalid` */
async function checkSize(
  trx: Transaction<Tables>,
  instance: Row<'plugin_instances'>,
  { settings, insteadOf }: { readonly settings: ChannelSettings; readonly insteadOf?: number },
): Promise<void> {
  const size = Buffer.byteLength(JSON.stringify(settings))
  if (size <= MAX_SETTINGS_BYTES / MAX_CHANNELS) return // so small that all channels together cannot be too large
  const { others } = await trx
    .selectFrom('channel_mappings')
    .select(sql<number>`coalesce(sum(octet_length(settings::text)), 0)::int`.as('others'))
    .where('instance_id', '=', instance.id)
    .where('id', '!=', insteadOf ?? 0)
    .executeTakeFirstOrThrow()
  if (others + size > MAX_SETTINGS_BYTES)
    throw invalidField(
      'body.settings',
      `is too large: the settings of all channels of an instance may have ${MAX_SETTINGS_BYTES} bytes`,
    )
}

/** What its controller says of the channel; undefined: nothing is known of it. */
async function describeChannel(
  trx: Transaction<Tables>,
  states: ControllerStates,
  instance: Row<'plugin_instances'>,
  channel: string,
): Promise<ChannelDescription | undefined> {
  const { name } = await trx
    .selectFrom('controllers')
    .select('name')
    .where('id', '=', instance.controller_id)
    .executeTakeFirstOrThrow()
  return knownChannels(states, name, instance)?.find(({ id }) => id === channel)
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
  const { channel_id, channel_name, direction, unit, event_public_id, settings } = row
  return { instance, channel_id, channel_name, direction, unit, event_public_id, settings }
}

function channelMapped(channel: string): (err: unknown) => never {
  return (err) => {
    if (violatedUnique(err) === 'channel_mappings_channel_key') {
      throw new AppError('channel.exists', { detail: `Channel mapping '${channel}' already exists.`, cause: err })
    }
    throw err
  }
}

async function raiseVersion(
  trx: Transaction<Tables>,
  { id }: Row<'plugin_instances'>,
  more: Pick<RowChange<'plugin_instances'>, 'removed_channels'> = {},
): Promise<Micros> {
  const { updated_on } = await trx
    .updateTable('plugin_instances')
    .set({ ...more, updated_on: nextVersion })
    .where('id', '=', id)
    .returning('updated_on')
    .executeTakeFirstOrThrow()
  return updated_on
}
