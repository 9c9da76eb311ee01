import {
  type ChannelDescription,
  type ControllerInventory,
  type EventType,
  type InstanceId,
  newId,
  type PluginDescription,
} from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import type { Transaction } from 'kysely'
import type { Changes, Making } from '../changes/changes.ts'
import { holdLock } from '../instance-lock.ts'

const MARKER = 'demo-instances'

interface DemoInstance {
  readonly plugin: string
  readonly name: string
  readonly demoMode: boolean
}

/** What a new installation shows: the machine it runs on, and a plant that needs no hardware. */
const DEMO: readonly DemoInstance[] = [
  { plugin: 'system', name: 'System Monitor', demoMode: false },
  { plugin: 'simulated', name: 'Simulated Reactor', demoMode: true },
]

/**
 * Makes the demo instances, with an event for each channel, the first time a controller shows up that can run them. Once in the life of an
 * installation: what somebody removed stays removed, and nothing is made beside instances or events of their own.
 */
export function seedDemoInstances(changes: Changes, inventory: ControllerInventory): Promise<InstanceId[]> {
  const offered = DEMO.flatMap((demo) => {
    const plugin = inventory.plugins.find(({ id }) => id === demo.plugin)
    return plugin === undefined ? [] : [{ demo, plugin }]
  })
  if (offered.length === 0) return Promise.resolve([])
  return changes.make(null, async (making) => {
    const { trx } = making
    await holdLock(trx, 'seed')
    if (await wasSeeded(trx)) return []
    const isNew = await isUntouched(trx)
    const made = isNew ? await makeInstances(making, inventory.controller, offered) : []
    await trx
      .insertInto('installation')
      .values({ key: MARKER, value: JSON.stringify({ made }) })
      .execute()
    return made
  })
}

const wasSeeded = async (trx: Transaction<Tables>): Promise<boolean> =>
  (await trx.selectFrom('installation').select('key').where('key', '=', MARKER).executeTakeFirst()) !== undefined

async function isUntouched(trx: Transaction<Tables>): Promise<boolean> {
  const instance = await trx.selectFrom('plugin_instances').select('id').limit(1).executeTakeFirst()
  const event = await trx.selectFrom('events').select('id').limit(1).executeTakeFirst()
  return instance === undefined && event === undefined
}

async function makeInstances(
  making: Making,
  controllerName: string,
  offered: readonly { demo: DemoInstance; plugin: PluginDescription }[],
): Promise<InstanceId[]> {
  const controller = await making.trx
    .selectFrom('controllers')
    .select('id')
    .where('name', '=', controllerName)
    .executeTakeFirstOrThrow()
  const made: InstanceId[] = []
  for (const { demo, plugin } of offered) made.push(await makeInstance(making, controller.id, demo, plugin))
  return made
}

async function makeInstance(
  { trx, record }: Making,
  controllerId: number,
  { name, demoMode }: DemoInstance,
  plugin: PluginDescription,
): Promise<InstanceId> {
  const { id, public_id } = await trx
    .insertInto('plugin_instances')
    .values({
      public_id: newId('plg'),
      controller_id: controllerId,
      plugin_id: plugin.id,
      instance_name: name,
      demo_mode: demoMode,
      enabled: true,
      config: '{}',
    })
    .returning(['id', 'public_id'])
    .executeTakeFirstOrThrow()
  const facts = { plugin_id: plugin.id, instance_name: name, demo_mode: demoMode, enabled: true }
  await record({ entity: 'plugin_instance', verb: 'created', id: public_id, after: facts })
  if (plugin.channels.length === 0) return public_id
  const events = plugin.channels.map((channel) => eventOf(name, channel))
  const rows = await trx.insertInto('events').values(events).returning(['id', 'public_id']).execute()
  const keys = new Map(rows.map((row) => [row.public_id, row.id]))
  const mappings = plugin.channels.map((channel, position) => {
    const event = events[position]?.public_id
    return {
      public_id: newId('map'),
      instance_id: id,
      channel_id: channel.id,
      channel_name: channel.name,
      direction: channel.direction,
      unit: channel.unit,
      event_id: event === undefined ? null : (keys.get(event) ?? null),
    }
  })
  await trx.insertInto('channel_mappings').values(mappings).execute()
  for (const event of events) await record({ entity: 'event', verb: 'created', id: event.public_id, after: event })
  return public_id
}

const eventOf = (instanceName: string, channel: ChannelDescription) => ({
  public_id: newId('evt'),
  name: `${instanceName} – ${channel.name}`,
  min_value: channel.min_value,
  max_value: channel.max_value,
  unit: channel.unit,
  type: eventTypeOf(channel),
})

/** An output that is more than on and off needs more than a switch. */
export function eventTypeOf({ direction, min_value, max_value }: ChannelDescription): EventType {
  if (direction === 'input') return 'sensor'
  return direction === 'output' && min_value === 0 && max_value === 1 ? 'actuator' : 'range'
}
