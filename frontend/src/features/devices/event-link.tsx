import { Radio, Select, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { Event, PluginInstance } from '@webmacs/contracts'
import { useMemo } from 'react'
import { useServices } from '../../app/services.ts'
import { pluginsQuery } from '../signals/queries.ts'
import type { ChannelRow } from './channel-rows.ts'
import { type LinkDraft, newEventOf, takenEvents } from './link-draft.ts'

interface EventLinkProps {
  readonly instance: PluginInstance
  readonly row: ChannelRow
  readonly events: readonly Event[]
  readonly link: LinkDraft
  readonly onChange: (link: LinkDraft) => void
}

/** Which event a channel feeds or is driven by: none, one that is there, or a new one. */
export function EventLink({ instance, row, events, link, onChange }: EventLinkProps) {
  const { client } = useServices()
  const { data: instances } = useQuery(pluginsQuery(client))
  const own = row.mapping?.event_public_id ?? null
  const options = useMemo(() => {
    const taken = takenEvents(instances ?? [], instance, row)
    return events
      .filter(({ public_id }) => !taken.has(public_id))
      .map(({ public_id, name }) => ({ value: public_id, label: name }))
  }, [events, instances, instance, row])
  const choose = (kind: string): void => {
    if (kind === 'event') onChange({ kind: 'event', id: own })
    else onChange(kind === 'new' ? { kind: 'new' } : { kind: 'none' })
  }
  return (
    <Stack gap="xs">
      <Radio.Group label="Event" description="Where its values are recorded" value={link.kind} onChange={choose}>
        <Stack gap="xs" mt="xs">
          <Radio value="none" label="None" />
          <Radio value="event" label="One that is there" />
          <Radio value="new" label={`A new one: ${newEventOf(instance, row).name}`} />
        </Stack>
      </Radio.Group>
      {link.kind === 'event' && (
        <Select
          aria-label="Event of the channel"
          placeholder="Choose an event"
          data={options}
          value={link.id}
          searchable
          limit={50}
          nothingFoundMessage="No event that is free has this name"
          error={link.id === null ? 'Choose one' : undefined}
          onChange={(id) => onChange({ kind: 'event', id })}
        />
      )}
    </Stack>
  )
}
