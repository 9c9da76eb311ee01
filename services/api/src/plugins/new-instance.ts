import type { Principal } from '@webmacs/auth/fastify'
import { AppError, type ChannelDescription, type InstanceId, newId } from '@webmacs/contracts'
import { type Tables, violatedUnique } from '@webmacs/database'
import type { Transaction } from 'kysely'
import type { Making } from '../changes/changes.ts'
import { type ChannelEvents, eventsForChannels } from './channel-events.ts'
import { withoutSecrets } from './config-secrets.ts'
import type { InstanceConfig } from './config-text.ts'
import { ensureController } from './ensure-controller.ts'

export interface NewInstance {
  /** Name of the controller that shall run it. */
  readonly controller: string
  readonly plugin_id: string
  readonly instance_name: string
  readonly demo_mode: boolean
  readonly enabled: boolean
  readonly config: InstanceConfig
  /** As its driver describes them. */
  readonly channels: readonly ChannelDescription[]
  readonly withEvents: boolean
}

export interface MadeInstance {
  readonly id: InstanceId
  /** Channels that got no event, because the event of that name is linked to another. */
  readonly unlinked: readonly ChannelDescription[]
  /** How many events were there before. */
  readonly reused: number
}

/**
 * Makes an instance with a mapping for each of its channels, linked to an event of its own where wanted.
 * @param by null: the system itself
 * @throws AppError `plugin.exists`
 */
export async function makeInstance(making: Making, wanted: NewInstance, by: Principal | null): Promise<MadeInstance> {
  const { trx, record } = making
  const { channels: _, config, controller, withEvents, ...facts } = wanted
  const channels = [...new Map(wanted.channels.map((channel) => [channel.id, channel])).values()]
  const row = await trx
    .insertInto('plugin_instances')
    .values({
      ...facts,
      public_id: newId('plg'),
      controller_id: await ensureController(trx, controller),
      config: JSON.stringify(config),
      user_id: by?.key ?? null,
    })
    .returning(['id', 'public_id'])
    .executeTakeFirstOrThrow()
    .catch(nameTaken(facts.instance_name))
  const events =
    withEvents && channels.length > 0
      ? await eventsForChannels(making, facts.instance_name, channels, by)
      : { linked: new Map(), reused: 0 }
  const mappings = await makeMappings(trx, row.id, channels, events)
  const after = { ...facts, config: withoutSecrets(config), controller, channels: mappings }
  await record({ entity: 'plugin_instance', verb: 'created', id: row.public_id, after })
  const unlinked = withEvents ? channels.filter(({ id }) => !events.linked.has(id)) : []
  return { id: row.public_id, unlinked, reused: events.reused }
}

export function nameTaken(name: string): (err: unknown) => never {
  return (err) => {
    if (violatedUnique(err) === 'plugin_instances_name_key') {
      throw new AppError('plugin.exists', { detail: `Plugin instance '${name}' already exists.`, cause: err })
    }
    throw err
  }
}

/** @returns what the audit log says of them */
async function makeMappings(
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
