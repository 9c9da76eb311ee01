import { AppError, type ChannelValue, type InstanceId, type InstanceValues } from '@webmacs/contracts'
import { askValues } from './ask-controller.ts'
import type { InstanceParts } from './instance-changes.ts'
import { unknownInstance } from './instance-store.ts'
import { knownChannels } from './known-channels.ts'

/**
 * What all channels of a running instance show now, mapped or not.
 * @throws AppError `plugin.unknown`, `plugin.not-running`, `controller.away`, `broker.unavailable`
 */
export async function readValues(
  { db, states, broker }: Omit<InstanceParts, 'changes'>,
  id: InstanceId,
): Promise<InstanceValues> {
  const row = await db
    .selectFrom('plugin_instances')
    .innerJoin('controllers', 'controllers.id', 'plugin_instances.controller_id')
    .selectAll('plugin_instances')
    .select('controllers.name as controller')
    .where('public_id', '=', id)
    .executeTakeFirst()
  if (row === undefined) throw unknownInstance(id)
  if (!row.enabled) throw notRunning(`'${row.instance_name}' is disabled: enable it to see what its channels show.`)
  if (row.driven_by === 'external')
    throw notRunning(`'${row.instance_name}' is driven by somebody else: only what is sent of its events is known.`)
  const { values, overruns } = await askValues(broker, row.controller, { instance: id })
  const byChannel = new Map(values.map((value) => [value.channel_id, value]))
  const channels = knownChannels(states, row.controller, row) ?? []
  const shown = channels.map((channel) => ({ ...channel, ...(byChannel.get(channel.id) ?? nothing(channel.id)) }))
  return { channels: shown, overruns }
}

const notRunning = (detail: string): AppError => new AppError('plugin.not-running', { detail })

/** The device has the channel, and has not been read yet. */
const nothing = (channel_id: string): ChannelValue => ({ channel_id, value: null, quality: ['bad'], time: null })
