import type { EventId, InstanceId } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { type Kysely, sql } from 'kysely'
import type { Output } from '../commands/output.ts'

export interface EventLink {
  readonly event: EventId
  /** Whether it feeds from, or drives, an enabled plugin instance, or is set for the valve cycle. */
  readonly isLinked: boolean
  /** The channel that it sets, where a controller of ours drives it: a value for it is a command then. */
  readonly output?: Output & { readonly event: EventId }
}

/** By the event's id; unknown and retired events are left out. */
export type EventLinks = ReadonlyMap<string, EventLink>

interface LinkRow {
  readonly event: EventId
  readonly is_linked: boolean
  readonly controller: string | null
  readonly instance: InstanceId
  readonly instance_name: string
  readonly channel_id: string
  readonly channel_name: string
  readonly unit: string
}

/**
 * One statement for any number of events.
 * @param cycleEvents asked only where an event is linked to nothing else
 */
export async function readEventLinks(
  db: Kysely<Tables>,
  events: Iterable<string>,
  cycleEvents: () => Promise<ReadonlySet<EventId>>,
): Promise<EventLinks> {
  const { rows } = await sql<LinkRow>`
    SELECT events.public_id AS event, output.*, EXISTS (
      SELECT FROM channel_mappings JOIN plugin_instances ON plugin_instances.id = instance_id
      WHERE channel_mappings.event_id = events.id AND enabled
    ) AS is_linked
    FROM events LEFT JOIN LATERAL (
      SELECT controllers.name AS controller, plugin_instances.public_id AS instance, instance_name, channel_id, channel_name, unit
      FROM channel_mappings
        JOIN plugin_instances ON plugin_instances.id = instance_id
        JOIN controllers ON controllers.id = controller_id
      WHERE channel_mappings.event_id = events.id AND direction <> 'input' AND enabled AND driven_by = 'controller'
      LIMIT 1
    ) output ON true
    WHERE events.public_id = ANY(${[...events]}::text[]) AND retired_on IS NULL
  `.execute(db)
  const links = rows.map(linkOf)
  const others = links.every(({ isLinked }) => isLinked) ? undefined : await cycleEvents()
  return new Map(links.map((link) => [link.event, others?.has(link.event) ? { ...link, isLinked: true } : link]))
}

function linkOf({ event, is_linked: isLinked, controller, ...row }: LinkRow): EventLink {
  if (controller === null) return { event, isLinked }
  const { instance, instance_name: instanceName, channel_id: channel, channel_name: channelName, unit } = row
  return { event, isLinked, output: { controller, instance, instanceName, channel, channelName, unit, event } }
}
