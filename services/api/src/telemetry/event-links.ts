import type { EventId } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { type Kysely, sql } from 'kysely'

/** Whether an event that is in use feeds from, or drives, an enabled plugin instance; unknown and retired events are left out. */
export type EventLinks = ReadonlyMap<string, { readonly event: EventId; readonly isLinked: boolean }>

/** One statement for any number of events. */
export async function readEventLinks(db: Kysely<Tables>, events: Iterable<string>): Promise<EventLinks> {
  const { rows } = await sql<{ event: EventId; is_linked: boolean }>`
    SELECT events.public_id AS event, EXISTS (
      SELECT FROM channel_mappings JOIN plugin_instances ON plugin_instances.id = instance_id
      WHERE channel_mappings.event_id = events.id AND enabled
    ) AS is_linked
    FROM events WHERE public_id = ANY(${[...events]}::text[]) AND retired_on IS NULL
  `.execute(db)
  return new Map(rows.map(({ event, is_linked }) => [event, { event, isLinked: is_linked }]))
}
