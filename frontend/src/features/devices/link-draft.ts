import type { CreateEvent, PluginInstance } from '@webmacs/contracts'
import { type ChannelRow, isOutput } from './channel-rows.ts'

/** What a channel is to be linked to. */
export type LinkDraft =
  | { readonly kind: 'none' }
  | { readonly kind: 'event'; readonly id: string | null }
  | { readonly kind: 'new' }

export const linkOf = (eventId: string | null): LinkDraft =>
  eventId === null ? { kind: 'none' } : { kind: 'event', id: eventId }

/** The event that the server would make for the channel of a new instance. */
export function newEventOf(instance: PluginInstance, row: ChannelRow): CreateEvent {
  const { now } = row
  const isSwitch = row.direction === 'output' && now?.min_value === 0 && now.max_value === 1
  return {
    name: `${instance.instance_name} – ${row.name}`,
    type: isSwitch ? 'actuator' : isOutput(row) ? 'range' : 'sensor',
    unit: row.unit,
    min_value: now?.min_value ?? 0,
    max_value: now?.max_value ?? 100,
  }
}

/** Events of other channels: what two channels feed would mix in one history, whatever their units. */
export function takenEvents(
  instances: readonly PluginInstance[],
  instance: PluginInstance,
  row: ChannelRow,
): Set<string> {
  const taken = new Set<string>()
  for (const { public_id, channel_mappings } of instances) {
    for (const { channel_id, event_public_id } of channel_mappings) {
      const isOwn = public_id === instance.public_id && channel_id === row.id
      if (event_public_id !== null && !isOwn) taken.add(event_public_id)
    }
  }
  return taken
}
