import type { ChannelMapping, Direction, InstanceValues, PluginInstance } from '@webmacs/contracts'

export type ChannelNow = InstanceValues['channels'][number]

/** A channel as the page shows it: what the device says of it, and what people made of it. */
export interface ChannelRow {
  readonly id: string
  readonly name: string
  readonly direction: Direction
  readonly unit: string
  /** What it shows now; undefined while its controller does not say. */
  readonly now: ChannelNow | undefined
  /** Its link and settings; undefined: it has none. */
  readonly mapping: ChannelMapping | undefined
  /** The device does not have it under the configuration in force. */
  readonly isGone: boolean
}

/** The channels in the order of the device, then those that only the mappings know. A channel that is read and set has one row. */
export function channelRows(instance: PluginInstance, channels: readonly ChannelNow[] | undefined): ChannelRow[] {
  const mappings = new Map(instance.channel_mappings.map((mapping) => [mapping.channel_id, mapping]))
  const present = (channels ?? []).map((now): ChannelRow => {
    const { id, name, direction, unit } = now
    return { id, name, direction, unit, now, mapping: mappings.get(id), isGone: false }
  })
  const known = new Set(present.map(({ id }) => id))
  const others = instance.channel_mappings
    .filter(({ channel_id }) => !known.has(channel_id))
    .map((mapping): ChannelRow => {
      const { channel_id: id, channel_name: name, direction, unit } = mapping
      return { id, name, direction, unit, now: undefined, mapping, isGone: mapping.is_present === false }
    })
  return [...present, ...others]
}

export const isOutput = ({ direction }: Pick<ChannelRow, 'direction'>): boolean => direction !== 'input'
