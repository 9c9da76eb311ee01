import type { ControllerInventory, InstanceId, PluginDescription } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import type { Transaction } from 'kysely'
import type { Changes, Making } from '../changes/changes.ts'
import { holdLock } from '../instance-lock.ts'
import { makeInstance } from '../plugins/new-instance.ts'

const MARKER = 'demo-instances'
const DEMO_INTERVAL_MS = 1000

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
  controller: string,
  offered: readonly { demo: DemoInstance; plugin: PluginDescription }[],
): Promise<InstanceId[]> {
  const made: InstanceId[] = []
  for (const { demo, plugin } of offered) {
    const wanted = {
      ...{ controller, plugin_id: plugin.id, instance_name: demo.name, demo_mode: demo.demoMode },
      ...{ enabled: true, driven_by: 'controller' as const, interval_ms: DEMO_INTERVAL_MS },
      ...{ config: {}, channels: plugin.channels, auto_create_events: true },
    }
    made.push((await makeInstance(making, wanted, null)).id)
  }
  return made
}
