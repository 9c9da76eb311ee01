import { Alert, Button, Group, Skeleton, Stack, Text } from '@mantine/core'
import { IconGitMerge, IconPlugConnected } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { isClientError, type Versioned } from '@webmacs/client'
import type { PluginInstance, UpdatePluginInstance } from '@webmacs/contracts'
import { type FormEvent, useMemo, useState } from 'react'
import { useServices } from '../../app/services.ts'
import { Failure } from '../../components/failure.tsx'
import { type FormField, formOf } from '../schema-form/form-model.ts'
import { ConnectionTest } from './connection-test.tsx'
import { ANY_CONFIG, draftOf, updateBody } from './device-draft.ts'
import { DeviceFields } from './device-fields.tsx'
import classes from './devices.module.css'
import { driverQuery, forgetDevices, instanceQuery } from './queries.ts'
import { untoldError, useDeviceForm } from './use-device-form.ts'

/** What can be changed of a device. The form starts from the version that was there when it was opened, and is changed by nobody but the user. */
export function DeviceSettings({ device }: { readonly device: Versioned<PluginInstance> }) {
  const { client } = useServices()
  const driver = useQuery(driverQuery(client, device.value.plugin_id))
  const [{ opened, isSaved }, setState] = useState({ opened: device, isSaved: false })
  const form = useMemo(
    () => (driver.data === undefined ? ANY_CONFIG : formOf(driver.data.config_schema)),
    [driver.data],
  )
  if (driver.isPending && driver.errorUpdateCount === 0) return <Skeleton height="24rem" radius="md" />
  return <SettingsForm key={opened.version} opened={opened} form={form} isSaved={isSaved} onReopen={setState} />
}

interface SettingsFormProps {
  readonly opened: Versioned<PluginInstance>
  readonly form: FormField
  /** What it starts from is what was saved here a moment ago. */
  readonly isSaved: boolean
  /** Starts anew from another version. */
  readonly onReopen: (next: { opened: Versioned<PluginInstance>; isSaved: boolean }) => void
}

interface Saving {
  readonly body: UpdatePluginInstance
  /** Undefined: whatever is there meanwhile. */
  readonly ifVersion: string | undefined
}

function SettingsForm({ opened, form, isSaved, onReopen }: SettingsFormProps) {
  const { client } = useServices()
  const queries = useQueryClient()
  const instance = opened.value
  const id = instance.public_id
  const [initial] = useState(() => draftOf(instance, form))
  const device = useDeviceForm({ pluginId: instance.plugin_id, form, initial, instanceId: id })
  const reopen = async ({ isSaved }: { isSaved: boolean }): Promise<void> =>
    onReopen({ opened: await queries.fetchQuery({ ...instanceQuery(client, id), staleTime: 0 }), isSaved })
  const save = useMutation({
    mutationFn: ({ body, ifVersion }: Saving) => client.plugins.update(id, body, { ifVersion }),
    onSuccess: async () => {
      await forgetDevices(queries, client)
      await reopen({ isSaved: true })
    },
    onError: device.refuse,
  })
  const isConflict = isClientError(save.error, 'request.precondition')
  const failure = isConflict ? null : untoldError(save.error)
  const send = (ifVersion: string | undefined): void => {
    if (!save.isPending && device.check()) save.mutate({ body: updateBody(device.draft, form), ifVersion })
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    send(opened.version)
  }
  return (
    <form onSubmit={submit} noValidate aria-label="Settings of the device">
      <Stack gap="lg">
        <DeviceFields draft={device.draft} form={form} problems={device.problems} onChange={device.change} />
        <ConnectionTest {...device.test} />
        {isConflict && (
          <Alert
            color="yellow"
            variant="light"
            role="alert"
            icon={<IconGitMerge aria-hidden />}
            title="Somebody else changed this device meanwhile"
          >
            <Text fz="sm" mb="sm">
              Nothing was saved, so that their change is not lost unseen. See theirs, or save yours over it.
            </Text>
            <Group gap="xs">
              <Button size="xs" variant="default" onClick={() => void reopen({ isSaved: false })}>
                Show theirs, drop mine
              </Button>
              <Button size="xs" variant="default" onClick={() => send(undefined)}>
                Save mine over it
              </Button>
            </Group>
          </Alert>
        )}
        {failure !== null && <Failure title="The changes could not be saved" error={failure} />}
        <div className={classes.actions}>
          <Button type="submit" loading={save.isPending}>
            Save changes
          </Button>
          <Button
            variant="default"
            leftSection={<IconPlugConnected size="1.1rem" stroke={1.75} aria-hidden />}
            loading={device.test.isPending}
            onClick={device.runTest}
          >
            Test connection
          </Button>
          <Text component="span" role="status" fz="sm" c="dimmed">
            {isSaved && device.draft === initial && 'Saved'}
          </Text>
        </div>
      </Stack>
    </form>
  )
}
