import { Alert, Anchor, Button, Skeleton, Stack, Tabs } from '@mantine/core'
import { IconAlertTriangle, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import type { Versioned } from '@webmacs/client'
import type { PluginInstance } from '@webmacs/contracts'
import { useState } from 'react'
import { useServices } from '../../app/services.ts'
import { ConfirmDialog } from '../../components/confirm-dialog.tsx'
import { Failure } from '../../components/failure.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { usePageTitle } from '../../lib/use-page-title.ts'
import { useMay } from '../auth/use-may.ts'
import { InstanceBadge } from '../signals/instance-badge.tsx'
import { pluginsQuery } from '../signals/queries.ts'
import { ChannelList } from './channel-list.tsx'
import { DeviceSettings } from './device-settings.tsx'
import { driversQuery, forgetDevices, instanceQuery } from './queries.ts'

const route = getRouteApi('/signed-in/devices/$id')

/** One device: how it is, its channels, and for administrators its settings. */
export function DevicePage() {
  const { client } = useServices()
  const { id } = route.useParams()
  const device = useQuery(instanceQuery(client, id))
  usePageTitle(device.data?.value.instance_name ?? 'Device')
  return (
    <Stack gap="lg">
      <Anchor component={Link} to="/devices" fz="sm" style={{ alignSelf: 'flex-start' }}>
        All devices
      </Anchor>
      {device.data === undefined && device.errorUpdateCount > 0 && (
        <Failure title="The device could not be loaded" error={device.error} onRetry={() => void device.refetch()} />
      )}
      {device.data === undefined && device.errorUpdateCount === 0 && <Skeleton height="24rem" radius="md" />}
      {device.data !== undefined && <Device key={id} device={device.data} />}
    </Stack>
  )
}

function Device({ device }: { readonly device: Versioned<PluginInstance> }) {
  const { client } = useServices()
  const instance = device.value
  const mayChange = useMay('PUT /api/v1/plugins/{id}')
  const drivers = useQuery(driversQuery(client))
  const driver = drivers.data?.find(({ id }) => id === instance.plugin_id)
  const restarts = instance.restarts === 0 ? [] : [`restarted ${instance.restarts} times`]
  const facts = [driver?.name ?? instance.plugin_id, `every ${instance.interval_ms} ms`, ...restarts]
  return (
    <>
      <PageHeader
        title={instance.instance_name}
        description={facts.join(' · ')}
        aside={<InstanceBadge instance={instance} />}
        actions={mayChange && <DeleteDevice instance={instance} />}
      />
      {instance.enabled && instance.error_message !== null && (
        <Alert color="red" variant="light" icon={<IconAlertTriangle aria-hidden />} title="It does not work">
          {instance.error_message}
        </Alert>
      )}
      <Tabs defaultValue="channels" keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="channels">Channels</Tabs.Tab>
          {mayChange && <Tabs.Tab value="settings">Settings</Tabs.Tab>}
        </Tabs.List>
        <Tabs.Panel value="channels" pt="md">
          <Stack>
            <ChannelList instance={instance} />
          </Stack>
        </Tabs.Panel>
        {mayChange && (
          <Tabs.Panel value="settings" pt="md">
            <DeviceSettings device={device} />
          </Tabs.Panel>
        )}
      </Tabs>
    </>
  )
}

function DeleteDevice({ instance }: { readonly instance: PluginInstance }) {
  const { client } = useServices()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [isAsked, setAsked] = useState(false)
  const remove = useMutation({
    mutationFn: () => client.plugins.delete(instance.public_id),
    onSuccess: async () => {
      await navigate({ to: '/devices' })
      queries.removeQueries({ queryKey: [...pluginsQuery(client).queryKey, instance.public_id] })
      await forgetDevices(queries, client)
    },
  })
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconTrash size="1.1rem" stroke={1.75} aria-hidden />}
        onClick={() => setAsked(true)}
      >
        Delete
      </Button>
      <ConfirmDialog
        isOpen={isAsked}
        title={`Delete ${instance.instance_name}?`}
        text="Its outputs go to their safe values, and nobody reads or sets its channels any more. Its events and what they recorded stay."
        action="Delete device"
        isPending={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate()}
        onClose={() => {
          setAsked(false)
          remove.reset()
        }}
      />
    </>
  )
}
