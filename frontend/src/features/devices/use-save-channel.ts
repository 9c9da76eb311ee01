import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ChannelSettings, CreateEvent, InstanceId } from '@webmacs/contracts'
import { useServices } from '../../app/services.ts'
import type { ChannelRow } from './channel-rows.ts'
import type { LinkDraft } from './link-draft.ts'
import { forgetDevices } from './queries.ts'

interface ChannelToSave {
  readonly link: LinkDraft
  /** Made when the link asks for it. */
  readonly newEvent: CreateEvent
  readonly settings: ChannelSettings
}

/** Saves link and settings of a channel, whether it had any before or not. */
export function useSaveChannel(instanceId: InstanceId, row: ChannelRow) {
  const { client } = useServices()
  const queries = useQueryClient()
  const { channels } = client.plugins
  const onSuccess = (): Promise<void> => forgetDevices(queries, client)
  const save = useMutation({
    mutationFn: async ({ link, newEvent, settings }: ChannelToSave): Promise<void> => {
      const event_public_id = await linkedEvent(link, newEvent)
      if (row.mapping !== undefined) {
        await channels.update(instanceId, row.mapping.public_id, { event_public_id, settings })
        return
      }
      const { id: channel_id, name: channel_name, direction, unit } = row
      await channels.create(instanceId, { channel_id, channel_name, direction, unit, event_public_id, settings })
    },
    onSuccess,
  })
  const remove = useMutation({
    mutationFn: async (): Promise<void> => {
      if (row.mapping !== undefined) await channels.delete(instanceId, row.mapping.public_id)
    },
    onSuccess,
  })
  const linkedEvent = async (link: LinkDraft, newEvent: CreateEvent): Promise<string | null> => {
    if (link.kind === 'none') return null
    if (link.kind === 'event') return link.id
    return (await client.events.create(newEvent)).public_id
  }
  return { save, remove }
}
