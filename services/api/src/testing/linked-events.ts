import { newId } from '@webmacs/contracts'
import type { Database } from '@webmacs/database'
import { anEvent, type TestEvent } from './stored-readings.ts'

/** An event that is linked to a plugin instance of its own. */
export async function aLinkedEvent(database: Database, { enabled = true } = {}): Promise<TestEvent> {
  const { db } = database
  const event = await anEvent(database)
  const controller = await db
    .insertInto('controllers')
    .values({ name: newId('plg') })
    .returning('id')
    .executeTakeFirstOrThrow()
  const public_id = newId('plg')
  const instance = await db
    .insertInto('plugin_instances')
    .values({
      ...{ public_id, instance_name: public_id, controller_id: controller.id },
      ...{ plugin_id: 'simulated', demo_mode: true, enabled, config: '{}' },
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  await db
    .insertInto('channel_mappings')
    .values({
      ...{ public_id: newId('map'), instance_id: instance.id, event_id: event.key },
      ...{ channel_id: 'temperature', channel_name: 'Temperature', direction: 'input', unit: '°C' },
    })
    .execute()
  return event
}
