import type { Principal } from '@webmacs/auth/fastify'
import { AppError, type ChannelDescription, type DrivenBy, type InstanceId, newId } from '@webmacs/contracts'
import { violatedUnique } from '@webmacs/database'
import type { Making } from '../changes/changes.ts'
import { eventsForChannels } from './channel-events.ts'
import { withoutSecrets } from './config-secrets.ts'
import type { InstanceConfig } from './config-text.ts'
import { ensureController } from './ensure-controller.ts'
import { makeMappings } from './follow-channels.ts'

export interface NewInstance {
  /** Name of the controller that shall run it. */
  readonly controller: string
  readonly plugin_id: string
  readonly instance_name: string
  readonly demo_mode: boolean
  readonly enabled: boolean
  readonly driven_by: DrivenBy
  readonly interval_ms: number
  readonly config: InstanceConfig
  /** As its driver describes them. */
  readonly channels: readonly ChannelDescription[]
  /** Whether they get events, and those that its device has later. */
  readonly auto_create_events: boolean
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
  const { channels: _, config, controller, ...facts } = wanted
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
  const named = facts.auto_create_events ? channels : []
  const events = await eventsForChannels(making, facts.instance_name, named, by?.key ?? null)
  const mappings = await makeMappings(trx, row.id, channels, events)
  const after = { ...facts, config: withoutSecrets(config), controller, channels: mappings }
  await record({ entity: 'plugin_instance', verb: 'created', id: row.public_id, after })
  const unlinked = named.filter(({ id }) => !events.linked.has(id))
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
