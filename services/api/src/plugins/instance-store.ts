import {
  AppError,
  type ChannelMapping,
  formatTime,
  type InstanceId,
  type Page,
  type PluginInstance,
} from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { limitOf, offsetOf } from '@webmacs/http-kit/paging'
import type { Versioned } from '@webmacs/http-kit/versions'
import type { Kysely } from 'kysely'
import { withoutSecrets } from './config-secrets.ts'
import { configText } from './config-text.ts'
import type { ControllerStates } from './controller-states.ts'

/** Instances with their channels, oldest first, and how their controllers say they are. */
export async function listInstances(
  db: Kysely<Tables>,
  states: ControllerStates,
  page: Page,
): Promise<{ total: number; instances: PluginInstance[] }> {
  const [rows, counted] = await Promise.all([
    instances(db).orderBy('plugin_instances.id').limit(limitOf(page)).offset(offsetOf(page)).execute(),
    db
      .selectFrom('plugin_instances')
      .select(({ fn }) => fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow(),
  ])
  return { total: counted.total, instances: await withChannels(db, states, rows) }
}

/** @throws AppError `plugin.unknown` */
export async function readInstance(
  db: Kysely<Tables>,
  states: ControllerStates,
  id: InstanceId,
): Promise<Versioned<PluginInstance>> {
  const row = await instances(db).where('plugin_instances.public_id', '=', id).executeTakeFirst()
  const [value] = row === undefined ? [] : await withChannels(db, states, [row])
  if (row === undefined || value === undefined) throw unknownInstance(id)
  return { value, updatedOn: row.updated_on }
}

export const unknownInstance = (id: string): AppError =>
  new AppError('plugin.unknown', { detail: `Plugin instance '${id}' not found.` })

const instances = (db: Kysely<Tables>) =>
  db
    .selectFrom('plugin_instances')
    .innerJoin('controllers', 'controllers.id', 'plugin_instances.controller_id')
    .leftJoin('users', 'users.id', 'plugin_instances.user_id')
    .selectAll('plugin_instances')
    .select(['controllers.name as controller', 'users.public_id as user_public_id'])

type InstanceRow = Awaited<ReturnType<ReturnType<typeof instances>['execute']>>[number]

async function withChannels(
  db: Kysely<Tables>,
  states: ControllerStates,
  rows: readonly InstanceRow[],
): Promise<PluginInstance[]> {
  if (rows.length === 0) return []
  const mappings = await db
    .selectFrom('channel_mappings')
    .leftJoin('events', 'events.id', 'channel_mappings.event_id')
    .selectAll('channel_mappings')
    .select('events.public_id as event_public_id')
    .where(
      'instance_id',
      'in',
      rows.map(({ id }) => id),
    )
    .orderBy('channel_mappings.id')
    .execute()
  const byInstance = Map.groupBy(mappings, ({ instance_id }) => instance_id)
  return rows.map((row) => {
    const report = states.report(row.controller, row.public_id)
    const present = report && report.channels.length > 0 ? new Set(report.channels.map(({ id }) => id)) : undefined
    const channels = (byInstance.get(row.id) ?? []).map(
      ({ created_on, ...mapping }): ChannelMapping => ({
        public_id: mapping.public_id,
        channel_id: mapping.channel_id,
        channel_name: mapping.channel_name,
        direction: mapping.direction,
        unit: mapping.unit,
        event_public_id: mapping.event_public_id,
        created_on: formatTime(created_on),
        settings: mapping.settings,
        is_present: present?.has(mapping.channel_id) ?? null,
      }),
    )
    return instanceAnswer(row, stateOf(row, channels, states), channels)
  })
}

type InstanceState = Pick<PluginInstance, 'status' | 'error_message' | 'restarts'>

function stateOf(
  { enabled, driven_by, controller, public_id }: InstanceRow,
  channels: readonly ChannelMapping[],
  states: ControllerStates,
): InstanceState {
  const report = states.report(controller, public_id)
  const restarts = report?.restarts ?? 0
  const failed = (error_message: string): InstanceState => ({ status: 'error', error_message, restarts })
  if (!enabled) return { status: 'inactive', error_message: null, restarts }
  if (driven_by === 'external') {
    const isHeard = channels.some(({ event_public_id: event }) => event !== null && states.isFed(event))
    return { status: isHeard ? 'connected' : 'inactive', error_message: null, restarts: 0 }
  }
  if (!states.isKnown) return failed('The message broker cannot be reached: the state is not known.')
  if (states.isSilent(controller)) return failed(`The controller "${controller}" gives no sign of life.`)
  return { status: report?.status ?? 'inactive', error_message: report?.error_message ?? null, restarts }
}

function instanceAnswer(row: InstanceRow, state: InstanceState, channels: ChannelMapping[]): PluginInstance {
  return {
    public_id: row.public_id,
    plugin_id: row.plugin_id,
    instance_name: row.instance_name,
    demo_mode: row.demo_mode,
    enabled: row.enabled,
    ...state,
    config_json: configText(withoutSecrets(row.config)),
    driven_by: row.driven_by,
    interval_ms: row.interval_ms,
    created_on: formatTime(row.created_on),
    updated_on: formatTime(row.updated_on),
    user_public_id: row.user_public_id,
    channel_mappings: channels,
  }
}
