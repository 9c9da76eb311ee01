import { isDeepStrictEqual } from 'node:util'
import type { Principal } from '@webmacs/auth/fastify'
import {
  AppError,
  type CreatePluginInstance,
  DEFAULT_CONTROLLER,
  type InstanceId,
  type Micros,
  type PluginDescription,
  type UpdatePluginInstance,
} from '@webmacs/contracts'
import type { Row, Tables } from '@webmacs/database'
import type { Transaction } from 'kysely'
import type { Changes } from '../changes/changes.ts'
import { invalidField } from '../http/schema-validation.ts'
import { checkVersion, type Edit, nextVersion } from '../http/versions.ts'
import { channelEventName } from './channel-events.ts'
import { parseConfigText, withoutSecrets } from './config-text.ts'
import type { ControllerStates } from './controller-states.ts'
import { unknownInstance } from './instance-store.ts'
import { type MadeInstance, makeInstance, nameTaken } from './new-instance.ts'

export interface CreatedInstance extends MadeInstance {
  /** undefined: no controller has its driver yet, so nobody knows its channels. */
  readonly plugin: PluginDescription | undefined
}

/**
 * Makes an instance on the controller that has its driver, with the channels that the driver describes.
 * @throws AppError `plugin.exists`, `request.invalid`, `broker.unavailable` before anything was heard of controllers
 */
export async function createInstance(
  { changes, states }: { readonly changes: Changes; readonly states: ControllerStates },
  input: CreatePluginInstance,
  by: Principal,
): Promise<CreatedInstance> {
  const { plugin_id, instance_name, demo_mode = false, enabled = true, auto_create_events: withEvents = true } = input
  const config = parseConfigText(input.config_json ?? null)
  const { controller, plugin } = findPlugin(states, plugin_id)
  const channels = plugin?.channels ?? []
  if (withEvents && plugin !== undefined) checkEventNames(instance_name, plugin)
  const wanted = { controller, plugin_id, instance_name, demo_mode, enabled, config, channels, withEvents }
  const made = await changes.make(by, (making) => makeInstance(making, wanted, by))
  return { ...made, plugin }
}

/**
 * Changes what the input names.
 * @returns the version that is in force then
 * @throws AppError `plugin.unknown`, `plugin.exists`, `request.invalid`, `request.precondition`
 */
export function updateInstance(
  changes: Changes,
  id: InstanceId,
  input: UpdatePluginInstance,
  terms: Edit,
): Promise<Micros> {
  const config = input.config_json === undefined ? undefined : parseConfigText(input.config_json)
  return changes.make(terms.by, async ({ trx, record }) => {
    const row = await lockInstance(trx, id, terms)
    const before = factsOf(row)
    const after = {
      instance_name: input.instance_name ?? before.instance_name,
      demo_mode: input.demo_mode ?? before.demo_mode,
      enabled: input.enabled ?? before.enabled,
      config: config ?? before.config,
    }
    if (isDeepStrictEqual(before, after)) return row.updated_on
    const { updated_on } = await trx
      .updateTable('plugin_instances')
      .set({ ...after, config: JSON.stringify(after.config), updated_on: nextVersion })
      .where('id', '=', row.id)
      .returning('updated_on')
      .executeTakeFirstOrThrow()
      .catch(nameTaken(after.instance_name))
    await record({ entity: 'plugin_instance', verb: 'updated', id, before: audited(before), after: audited(after) })
    return updated_on
  })
}

/**
 * Its mappings go with it; events and what was measured stay.
 * @throws AppError `plugin.unknown`, `request.precondition`
 */
export async function deleteInstance(changes: Changes, id: InstanceId, terms: Edit): Promise<void> {
  await changes.make(terms.by, async ({ trx, record }) => {
    const row = await lockInstance(trx, id, terms)
    const channels = await trx
      .selectFrom('channel_mappings')
      .leftJoin('events', 'events.id', 'channel_mappings.event_id')
      .select(['channel_id', 'events.public_id as event_public_id'])
      .where('instance_id', '=', row.id)
      .orderBy('channel_mappings.id')
      .execute()
    await trx.deleteFrom('plugin_instances').where('id', '=', row.id).execute()
    const before = { plugin_id: row.plugin_id, ...audited(factsOf(row)), channels }
    await record({ entity: 'plugin_instance', verb: 'deleted', id, before })
  })
}

/**
 * The instance, which nobody else changes, nor its mappings, until the transaction ends.
 * @throws AppError `plugin.unknown`, `request.precondition`
 */
export async function lockInstance(
  trx: Transaction<Tables>,
  id: InstanceId,
  { expected }: Edit,
): Promise<Row<'plugin_instances'>> {
  const row = await trx
    .selectFrom('plugin_instances')
    .selectAll()
    .where('public_id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined) throw unknownInstance(id)
  checkVersion(expected, row.updated_on)
  return row
}

/** Where several controllers have it, the one that always was; else the first by name. */
function findPlugin(states: ControllerStates, id: string) {
  if (!states.isKnown) throw new AppError('broker.unavailable')
  const offers = states.inventories
    .flatMap(({ controller, plugins }) => plugins.map((plugin) => ({ controller, plugin })))
    .filter(({ plugin }) => plugin.id === id)
    .toSorted((one, other) => one.controller.localeCompare(other.controller))
  const preferred = offers.find(({ controller }) => controller === DEFAULT_CONTROLLER) ?? offers[0]
  return { controller: preferred?.controller ?? DEFAULT_CONTROLLER, plugin: preferred?.plugin }
}

/** As long as the name of an event may be, characters. */
const MAX_EVENT_NAME = 255

function checkEventNames(instanceName: string, { channels }: PluginDescription): void {
  const tooLong = channels.find((channel) => [...channelEventName(instanceName, channel)].length > MAX_EVENT_NAME)
  if (tooLong === undefined) return
  const rule = `is too long: with the channel '${tooLong.name}' it makes a name of more than ${MAX_EVENT_NAME} characters for an event`
  throw invalidField('body.instance_name', rule)
}

const factsOf = ({ instance_name, demo_mode, enabled, config }: Row<'plugin_instances'>) => ({
  instance_name,
  demo_mode,
  enabled,
  config,
})

const audited = (facts: ReturnType<typeof factsOf>) => ({ ...facts, config: withoutSecrets(facts.config) })
