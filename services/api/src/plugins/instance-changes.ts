import { isDeepStrictEqual } from 'node:util'
import type { Principal } from '@webmacs/auth/fastify'
import {
  type ChannelDescription,
  type CreatePluginInstance,
  DEFAULT_CONTROLLER,
  type InstanceId,
  MAX_CHANNELS,
  type Micros,
  type UpdatePluginInstance,
} from '@webmacs/contracts'
import type { Row, Tables } from '@webmacs/database'
import { invalidField } from '@webmacs/http-kit/schema-validation'
import { checkVersion, type Edit, nextVersion } from '@webmacs/http-kit/versions'
import type { Kysely, Transaction } from 'kysely'
import type { Broker } from '../broker.ts'
import type { Changes } from '../changes/changes.ts'
import { askChannels } from './ask-controller.ts'
import { fitsEventName, MAX_EVENT_NAME } from './channel-events.ts'
import { CONFIG_FIELD, checkConfig } from './config-check.ts'
import { withoutSecrets, withStoredSecrets } from './config-secrets.ts'
import { type InstanceConfig, parseConfigText } from './config-text.ts'
import type { ControllerStates } from './controller-states.ts'
import { findDriver } from './driver-offers.ts'
import { followChannels, hasFollowed } from './follow-channels.ts'
import { unknownInstance } from './instance-store.ts'
import { type MadeInstance, makeInstance, nameTaken } from './new-instance.ts'

/** How often channels are sampled where nobody says. */
const DEFAULT_INTERVAL_MS = 1000

/** What changes of instances need beside the transaction. */
export interface InstanceParts {
  readonly db: Kysely<Tables>
  readonly changes: Changes
  readonly states: ControllerStates
  readonly broker: Broker
}

export interface CreatedInstance extends MadeInstance {
  /** `unknown`: no controller has its driver yet; `awaited`: its controller has not said which they are. */
  readonly channels: 'known' | 'unknown' | 'awaited'
}

/**
 * Makes an instance on the controller that has its driver, with the channels that the driver has under this configuration.
 * @throws AppError `plugin.exists`, `request.invalid`, `broker.unavailable` before anything was heard of controllers
 */
export async function createInstance(
  { changes, states, broker }: Omit<InstanceParts, 'db'>,
  input: CreatePluginInstance,
  by: Principal,
): Promise<CreatedInstance> {
  const { plugin_id, instance_name, demo_mode = false, enabled = true, auto_create_events = true } = input
  const { driven_by = 'controller', interval_ms = DEFAULT_INTERVAL_MS } = input
  const config = withStoredSecrets(parseConfigText(input.config_json ?? null), undefined)
  const offer = findDriver(states, plugin_id)
  if (offer !== undefined) checkConfig(offer.plugin, config, demo_mode)
  const described = offer && (await askChannels(broker, offer, config))
  const channels = described ?? []
  checkRoom(channels)
  if (auto_create_events) checkEventNames(instance_name, channels)
  const controller = offer?.controller ?? DEFAULT_CONTROLLER
  const facts = { plugin_id, instance_name, demo_mode, enabled, driven_by, interval_ms, auto_create_events }
  const made = await changes.make(by, (making) => makeInstance(making, { ...facts, controller, config, channels }, by))
  if (offer === undefined) return { ...made, channels: 'unknown' }
  return { ...made, channels: described === undefined ? 'awaited' : 'known' }
}

/**
 * Changes what the input names. Under a new configuration it gets the channels that its driver has then.
 * @returns the version that is in force then
 * @throws AppError `plugin.unknown`, `plugin.exists`, `request.invalid`, `request.precondition`
 */
export async function updateInstance(
  parts: InstanceParts,
  id: InstanceId,
  input: UpdatePluginInstance,
  edit: Edit,
): Promise<Micros> {
  const sent = input.config_json === undefined ? undefined : parseConfigText(input.config_json)
  const foreseen = sent === undefined ? undefined : await foreseeChannels(parts, id, sent, input.demo_mode)
  return parts.changes.make(edit.by, async (making) => {
    const { trx, record } = making
    const row = await lockInstance(trx, id, edit)
    const before = factsOf(row)
    const after = changedFacts(before, input, sent)
    if (isDeepStrictEqual(before, after)) return row.updated_on
    await checkChange(trx, parts.states, row, after)
    const { updated_on } = await trx
      .updateTable('plugin_instances')
      .set({ ...after, config: JSON.stringify(after.config), updated_on: nextVersion })
      .where('id', '=', row.id)
      .returning('updated_on')
      .executeTakeFirstOrThrow()
      .catch(nameTaken(after.instance_name))
    // Were its secrets changed meanwhile, the channels are another configuration's: its controller will report the right ones.
    const isForeseen = foreseen !== undefined && isDeepStrictEqual(foreseen.config, after.config)
    const channels = isForeseen ? foreseen.channels : []
    const followed = await followChannels(making, { ...row, instance_name: after.instance_name }, channels)
    await record({
      ...{ entity: 'plugin_instance', verb: 'updated', id },
      before: { ...audited(before), ...(hasFollowed(followed) && { channels: followed.before }) },
      after: { ...audited(after), ...(hasFollowed(followed) && { channels: followed.after }) },
    })
    return updated_on
  })
}

interface Foreseen {
  readonly config: InstanceConfig
  readonly channels: readonly ChannelDescription[]
}

/**
 * The channels under a configuration, asked before the change begins: nobody waits for a controller with the instance locked.
 * @returns undefined where they stay as they are, or nobody says
 * @throws AppError `plugin.unknown`, `request.invalid`
 */
async function foreseeChannels(
  { db, states, broker }: InstanceParts,
  id: InstanceId,
  sent: InstanceConfig,
  demoMode: boolean | undefined,
): Promise<Foreseen | undefined> {
  const row = await db
    .selectFrom('plugin_instances')
    .innerJoin('controllers', 'controllers.id', 'plugin_instances.controller_id')
    .select(['plugin_id', 'config', 'demo_mode', 'controllers.name as controller'])
    .where('public_id', '=', id)
    .executeTakeFirst()
  if (row === undefined) throw unknownInstance(id)
  const config = withStoredSecrets(sent, row.config)
  const offer = states.isKnown ? findDriver(states, row.plugin_id, row.controller) : undefined
  if (offer === undefined || isDeepStrictEqual(config, row.config)) return undefined
  checkConfig(offer.plugin, config, demoMode ?? row.demo_mode)
  const channels = await askChannels(broker, offer, config)
  if (channels === undefined) return undefined
  checkRoom(channels)
  return { config, channels }
}

/**
 * A configuration is checked when it changes, or begins to count because made-up values end. What has long been in force may be switched off or
 * renamed, whatever a newer version of its driver thinks of it.
 */
async function checkChange(
  trx: Transaction<Tables>,
  states: ControllerStates,
  row: Row<'plugin_instances'>,
  after: InstanceFacts,
): Promise<void> {
  const counts = !isDeepStrictEqual(row.config, after.config) || (row.demo_mode && !after.demo_mode)
  if (!counts || !states.isKnown) return
  const { name } = await trx
    .selectFrom('controllers')
    .select('name')
    .where('id', '=', row.controller_id)
    .executeTakeFirstOrThrow()
  const offer = findDriver(states, row.plugin_id, name)
  if (offer !== undefined) checkConfig(offer.plugin, after.config, after.demo_mode)
}

/**
 * Its mappings go with it; events and what was measured stay.
 * @throws AppError `plugin.unknown`, `request.precondition`
 */
export async function deleteInstance(changes: Changes, id: InstanceId, edit: Edit): Promise<void> {
  await changes.make(edit.by, async ({ trx, record }) => {
    const row = await lockInstance(trx, id, edit)
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

function checkEventNames(instanceName: string, channels: readonly ChannelDescription[]): void {
  const tooLong = channels.find((channel) => !fitsEventName(instanceName, channel))
  if (tooLong === undefined) return
  const rule = `is too long: with the channel '${tooLong.name}' it makes a name of more than ${MAX_EVENT_NAME} characters for an event`
  throw invalidField('body.instance_name', rule)
}

function checkRoom(channels: readonly ChannelDescription[]): void {
  if (channels.length <= MAX_CHANNELS) return
  throw invalidField(CONFIG_FIELD, `gives ${channels.length} channels: an instance has ${MAX_CHANNELS} at most`)
}

const factsOf = (row: Row<'plugin_instances'>) => {
  const { instance_name, demo_mode, enabled, driven_by, interval_ms, config } = row
  return { instance_name, demo_mode, enabled, driven_by, interval_ms, config }
}

type InstanceFacts = ReturnType<typeof factsOf>

const changedFacts = (
  before: InstanceFacts,
  input: UpdatePluginInstance,
  sent: InstanceConfig | undefined,
): InstanceFacts => ({
  instance_name: input.instance_name ?? before.instance_name,
  demo_mode: input.demo_mode ?? before.demo_mode,
  enabled: input.enabled ?? before.enabled,
  driven_by: input.driven_by ?? before.driven_by,
  interval_ms: input.interval_ms ?? before.interval_ms,
  config: sent === undefined ? before.config : withStoredSecrets(sent, before.config),
})

const audited = (facts: InstanceFacts) => ({ ...facts, config: withoutSecrets(facts.config) })
