import type { ChannelDescription } from '@webmacs/contracts'
import type { Row } from '@webmacs/database'

/** What distinguishes the mappings of an instance from the channels that its device has. */
export interface ChannelDifferences {
  readonly added: readonly ChannelDescription[]
  readonly changed: readonly ChangedChannel[]
}

export type MappedChannel = Pick<
  Row<'channel_mappings'>,
  'id' | 'channel_id' | 'channel_name' | 'unit' | 'direction' | 'event_id'
>

export interface ChangedChannel {
  readonly mapping: MappedChannel
  readonly channel: ChannelDescription
}

/**
 * What is mapped and not there any more stays mapped: its device may be a module that is plugged in again.
 * @param removed ids of channels that somebody took out
 */
export function channelDifferences(
  mapped: readonly MappedChannel[],
  channels: readonly ChannelDescription[],
  removed: readonly string[],
): ChannelDifferences {
  const byId = new Map(mapped.map((mapping) => [mapping.channel_id, mapping]))
  const unwanted = new Set(removed)
  const unique = [...new Map(channels.map((channel) => [channel.id, channel])).values()]
  return {
    added: unique.filter(({ id }) => !byId.has(id) && !unwanted.has(id)),
    changed: unique.flatMap((channel) => {
      const mapping = byId.get(channel.id)
      return mapping !== undefined && isOther(mapping, channel) ? [{ mapping, channel }] : []
    }),
  }
}

export const isEmpty = ({ added, changed }: ChannelDifferences): boolean => added.length + changed.length === 0

const isOther = (mapping: MappedChannel, { name, unit, direction }: ChannelDescription): boolean =>
  mapping.channel_name !== name || mapping.unit !== unit || mapping.direction !== direction
