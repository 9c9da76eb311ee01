import { Alert, Button, Drawer, Group, Stack, Text } from '@mantine/core'
import { isClientError } from '@webmacs/client'
import type { ChannelSettings, Event, PluginInstance } from '@webmacs/contracts'
import { type FormEvent, useState } from 'react'
import { Failure } from '../../components/failure.tsx'
import { findProblems, NO_PROBLEMS, type Problems, problemsFrom } from '../schema-form/form-problems.ts'
import { withoutBlanks } from '../schema-form/form-values.ts'
import { SchemaForm } from '../schema-form/schema-form.tsx'
import { type ChannelRow, isOutput } from './channel-rows.ts'
import { channelSettingsForm } from './channel-settings-form.ts'
import { EventLink } from './event-link.tsx'
import { type LinkDraft, linkOf, newEventOf } from './link-draft.ts'
import { useSaveChannel } from './use-save-channel.ts'

interface ChannelDrawerProps {
  readonly instance: PluginInstance
  /** Undefined: closed. */
  readonly row: ChannelRow | undefined
  readonly events: readonly Event[]
  readonly onClose: () => void
}

/** Link and settings of one channel, beside the page that shows it live. */
export function ChannelDrawer({ instance, row, events, onClose }: ChannelDrawerProps) {
  return (
    <Drawer
      opened={row !== undefined}
      onClose={onClose}
      position="right"
      size="lg"
      title={row?.name ?? ''}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {row !== undefined && <ChannelForm instance={instance} row={row} events={events} onClose={onClose} />}
    </Drawer>
  )
}

interface ChannelFormProps extends ChannelDrawerProps {
  readonly row: ChannelRow
}

function ChannelForm({ instance, row, events, onClose }: ChannelFormProps) {
  const [form] = useState(() => channelSettingsForm(row.unit, isOutput(row)))
  const [link, setLink] = useState<LinkDraft>(() => linkOf(row.mapping?.event_public_id ?? null))
  const [settings, setSettings] = useState<unknown>(row.mapping?.settings ?? {})
  const [problems, setProblems] = useState<Problems>(NO_PROBLEMS)
  const { save, remove } = useSaveChannel(instance.public_id, row)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (save.isPending) return
    const filled = withoutBlanks(form, settings)
    const found = findProblems(form, filled)
    setProblems(found)
    if (found.size > 0) return
    save.mutate(
      { link, newEvent: newEventOf(instance, row), settings: filled as ChannelSettings }, // as its form made it
      {
        onSuccess: onClose,
        onError: (error) => {
          if (isClientError(error)) setProblems(problemsFrom(error.errors, 'body.settings').own)
        },
      },
    )
  }
  return (
    <form onSubmit={submit} noValidate aria-label={`Settings of ${row.name}`}>
      <Stack>
        <Text fz="sm" c="dimmed">
          Channel {row.id} of {instance.instance_name}
        </Text>
        {row.isGone && (
          <Alert color="yellow" variant="light" title="The device does not have this channel any more">
            Its event keeps what was recorded.
          </Alert>
        )}
        <EventLink instance={instance} row={row} events={events} link={link} onChange={setLink} />
        <SchemaForm field={form} value={settings} problems={problems} onChange={setSettings} />
        {save.error !== null && <Failure title="The channel could not be saved" error={save.error} />}
        {remove.error !== null && <Failure title="The link could not be removed" error={remove.error} />}
        <Group justify="space-between">
          <Group gap="xs">
            <Button type="submit" loading={save.isPending}>
              Save
            </Button>
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
          </Group>
          {row.mapping !== undefined && (
            <Button
              variant="subtle"
              color="red.8"
              loading={remove.isPending}
              onClick={() => remove.mutate(undefined, { onSuccess: onClose })}
            >
              Remove link and settings
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  )
}
