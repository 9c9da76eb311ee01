import { controllerKeys, type DesiredInstance } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { type Kysely, sql } from 'kysely'

/**
 * What every controller shall run, as the tables have it: key in the bucket `controllers` → instance with those of its channels that are linked,
 * or have settings.
 */
export async function readDesiredInstances(db: Kysely<Tables>): Promise<Map<string, DesiredInstance>> {
  const rows = await db
    .selectFrom('plugin_instances')
    .innerJoin('controllers', 'controllers.id', 'plugin_instances.controller_id')
    .selectAll('plugin_instances')
    .select('controllers.name as controller')
    .where('driven_by', '=', 'controller')
    .execute()
  const links = await db
    .selectFrom('channel_mappings')
    .leftJoin('events', (join) =>
      join.onRef('events.id', '=', 'channel_mappings.event_id').on('events.retired_on', 'is', null),
    )
    .select(['instance_id', 'channel_id', 'direction', 'settings', 'events.public_id as event'])
    .where((eb) => eb.or([eb('events.id', 'is not', null), sql<boolean>`settings <> '{}'`]))
    .orderBy('channel_mappings.id')
    .execute()
  const byInstance = Map.groupBy(links, ({ instance_id }) => instance_id)
  return new Map(
    rows.map((row) => [
      controllerKeys.desired(row.controller, row.public_id),
      {
        instance: row.public_id,
        name: row.instance_name,
        plugin: row.plugin_id,
        enabled: row.enabled,
        demo_mode: row.demo_mode,
        config: row.config,
        interval_ms: row.interval_ms,
        channels: (byInstance.get(row.id) ?? []).map(({ channel_id, event, direction, settings }) => ({
          channel: channel_id,
          event,
          direction,
          settings,
        })),
      },
    ]),
  )
}
