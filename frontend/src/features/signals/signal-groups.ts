import type { ChannelMapping, Event, PluginInstance } from '@webmacs/contracts'

/** An event as the dashboard names it. */
export interface Signal {
  readonly event: Event
  /** The event's name without that of the instance, which stands above it. */
  readonly label: string
  /** The channel that it is linked to; of two, the one that can be set. */
  readonly channel: ChannelMapping | undefined
}

/** The events of one plugin instance, or (without one) all that belong to none. */
export interface SignalGroup {
  readonly id: string
  readonly title: string
  readonly instance: PluginInstance | undefined
  readonly sensors: readonly Signal[]
  /** What can be set: actuators, ranges and commands. */
  readonly controls: readonly Signal[]
}

const NO_INSTANCE = 'none'

/** Sorts events under the instances whose channels they are mapped to; a mapping decides, never the name. Empty groups are left out. */
export function groupSignals(events: readonly Event[], instances: readonly PluginInstance[]): SignalGroup[] {
  const owners = new Map<string, PluginInstance>()
  for (const instance of instances) {
    for (const { event_public_id } of instance.channel_mappings) {
      if (event_public_id !== null && !owners.has(event_public_id)) owners.set(event_public_id, instance)
    }
  }
  const owned = instances.map((instance) =>
    groupOf(
      instance,
      events.filter(({ public_id }) => owners.get(public_id) === instance),
    ),
  )
  const rest = groupOf(
    undefined,
    events.filter(({ public_id }) => !owners.has(public_id)),
  )
  return [...owned, rest].filter(({ sensors, controls }) => sensors.length + controls.length > 0)
}

function groupOf(instance: PluginInstance | undefined, events: readonly Event[]): SignalGroup {
  const channels = new Map<string | null, ChannelMapping>()
  for (const channel of instance?.channel_mappings ?? []) {
    if (channel.direction !== 'input' || !channels.has(channel.event_public_id))
      channels.set(channel.event_public_id, channel)
  }
  const signals = events.map(
    (event): Signal => ({
      event,
      label: labelOf(event.name, instance?.instance_name),
      channel: channels.get(event.public_id),
    }),
  )
  return {
    id: instance?.public_id ?? NO_INSTANCE,
    title: instance?.instance_name ?? 'Other signals',
    instance,
    sensors: signals.filter(({ event }) => event.type === 'sensor'),
    controls: signals.filter(({ event }) => event.type !== 'sensor'),
  }
}

/** Whether a controller of this system would set it. */
export const isSettable = ({ channel }: Signal, instance: PluginInstance | undefined): boolean =>
  channel !== undefined && channel.direction !== 'input' && instance?.driven_by === 'controller' && instance.enabled

function labelOf(name: string, instanceName: string | undefined): string {
  const prefix = `${instanceName} – `
  return instanceName !== undefined && name.startsWith(prefix) && name.length > prefix.length
    ? name.slice(prefix.length)
    : name
}
