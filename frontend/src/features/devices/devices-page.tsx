import { Button, Skeleton, Stack } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { AvailablePlugin, PluginInstance } from '@webmacs/contracts'
import { useServices } from '../../app/services.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { Failure } from '../../components/failure.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { usePageTitle } from '../../lib/use-page-title.ts'
import { useMay } from '../auth/use-may.ts'
import { InstanceBadge } from '../signals/instance-badge.tsx'
import { pluginsQuery } from '../signals/queries.ts'
import classes from './devices.module.css'
import { driversQuery } from './queries.ts'

/** Every device with how it is. */
export function DevicesPage() {
  const { client } = useServices()
  const instances = useQuery(pluginsQuery(client))
  const drivers = useQuery(driversQuery(client))
  const mayAdd = useMay('POST /api/v1/plugins')
  usePageTitle('Devices')
  return (
    <Stack gap="lg">
      <PageHeader title="Devices" actions={mayAdd && (instances.data?.length ?? 0) > 0 && <AddDevice />} />
      {instances.data === undefined && instances.errorUpdateCount > 0 && (
        <Failure
          title="The devices could not be loaded"
          error={instances.error}
          onRetry={() => void instances.refetch()}
        />
      )}
      {instances.data === undefined && instances.errorUpdateCount === 0 && (
        <section className={classes.grid} aria-label="Loading devices" aria-busy="true">
          <Skeleton height="8rem" radius="md" />
          <Skeleton height="8rem" radius="md" />
          <Skeleton height="8rem" radius="md" />
        </section>
      )}
      {instances.data?.length === 0 && (
        <EmptyState
          title="There are no devices yet"
          text={
            mayAdd
              ? 'A device is what WebMACS reads and sets: a PLC, a sensor, a broker, a simulated reactor.'
              : 'Ask an administrator to add one.'
          }
        >
          {mayAdd && <AddDevice />}
        </EmptyState>
      )}
      {instances.data !== undefined && instances.data.length > 0 && (
        <ul className={classes.grid} aria-label="Devices">
          {instances.data.map((instance) => (
            <DeviceCard key={instance.public_id} instance={instance} drivers={drivers.data} />
          ))}
        </ul>
      )}
    </Stack>
  )
}

function AddDevice() {
  return (
    <Button component={Link} to="/devices/new" leftSection={<IconPlus size="1.1rem" aria-hidden />}>
      Add device
    </Button>
  )
}

interface DeviceCardProps {
  readonly instance: PluginInstance
  readonly drivers: readonly AvailablePlugin[] | undefined
}

function DeviceCard({ instance, drivers }: DeviceCardProps) {
  const channels = instance.channel_mappings.length
  const linked = instance.channel_mappings.filter(({ event_public_id }) => event_public_id !== null).length
  const driver = drivers?.find(({ id }) => id === instance.plugin_id)?.name ?? instance.plugin_id
  return (
    <li className={classes.card} data-status={instance.enabled ? instance.status : undefined}>
      <h2 className={classes.name}>
        <Link to="/devices/$id" params={{ id: instance.public_id }}>
          {instance.instance_name}
        </Link>
      </h2>
      <InstanceBadge instance={instance} />
      <p className={classes.muted}>{driver}</p>
      {instance.enabled && instance.error_message !== null && (
        <p className={classes.problem}>{instance.error_message}</p>
      )}
      <p className={classes.facts}>
        <span>
          {channels} {channels === 1 ? 'channel' : 'channels'}, {linked} linked
        </span>
        {instance.restarts > 0 && (
          <span>
            {instance.restarts} {instance.restarts === 1 ? 'restart' : 'restarts'}
          </span>
        )}
      </p>
    </li>
  )
}
