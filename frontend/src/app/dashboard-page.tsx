import { Button, Stack, Text, VisuallyHidden } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Event, PluginInstance } from '@webmacs/contracts'
import { useEffect, useMemo } from 'react'
import { Failure } from '../components/failure.tsx'
import { useMay } from '../features/auth/use-may.ts'
import { ConnectionBanner } from '../features/live/connection-banner.tsx'
import { eventsQuery, latestQuery, pluginsQuery } from '../features/signals/queries.ts'
import { groupSignals } from '../features/signals/signal-groups.ts'
import { SignalSection } from '../features/signals/signal-section.tsx'
import { SignalSkeleton } from '../features/signals/signal-skeleton.tsx'
import { TrendPanel, TrendSkeleton } from '../features/trends/trend-panel.tsx'
import { usePageTitle } from '../lib/use-page-title.ts'
import { useServices } from './services.ts'

const NO_INSTANCES: readonly PluginInstance[] = []

/** Every signal as it is now, and the course of a few. */
export function DashboardPage() {
  const { client } = useServices()
  const events = useQuery(eventsQuery(client))
  const plugins = useQuery(pluginsQuery(client))
  const retryAll = (): void => {
    void events.refetch()
    void plugins.refetch()
  }
  const isFirstLoad = [events, plugins].some(({ isPending, errorUpdateCount }) => isPending && errorUpdateCount === 0)
  useFirstReadings()
  usePageTitle('Dashboard')
  return (
    <Stack gap="lg">
      <VisuallyHidden component="h1">Dashboard</VisuallyHidden>
      <ConnectionBanner />
      {plugins.errorUpdateCount > 0 && plugins.data === undefined && events.data !== undefined && (
        <Failure
          title="The state of the plugins could not be loaded"
          error={plugins.error}
          onRetry={() => void plugins.refetch()}
        />
      )}
      {events.errorUpdateCount > 0 && events.data === undefined && (
        <Failure title="The signals could not be loaded" error={events.error} onRetry={retryAll} />
      )}
      {events.data !== undefined && (plugins.isFetched || plugins.errorUpdateCount > 0) && (
        <Signals events={events.data} instances={plugins.data ?? NO_INSTANCES} />
      )}
      {isFirstLoad && (
        <>
          <TrendSkeleton />
          <SignalSkeleton />
        </>
      )}
    </Stack>
  )
}

/** Shows what is stored until the stream brings something newer, and again what was missed after an outage. */
function useFirstReadings(): void {
  const { client, live } = useServices()
  const { data, refetch } = useQuery(latestQuery(client))
  useEffect(() => {
    if (data !== undefined) live.readings.apply(data)
  }, [data, live])
  useEffect(() => live.onRecovered(() => void refetch()), [live, refetch])
}

interface SignalsProps {
  readonly events: readonly Event[]
  readonly instances: readonly PluginInstance[]
}

function Signals({ events, instances }: SignalsProps) {
  const groups = useMemo(() => groupSignals(events, instances), [events, instances])
  if (groups.length === 0) return <NoSignals />
  return (
    <>
      <TrendPanel groups={groups} />
      {groups.map((group) => (
        <SignalSection key={group.id} group={group} />
      ))}
    </>
  )
}

function NoSignals() {
  const mayAdd = useMay('POST /api/v1/plugins')
  return (
    <Stack gap={4} align="center" py="xl">
      <Text fw={600}>There are no signals yet</Text>
      <Text c="dimmed" ta="center">
        {mayAdd
          ? 'Add a device: each of its channels becomes a signal.'
          : 'Ask an administrator to add a device; its channels become signals.'}
      </Text>
      {mayAdd && (
        <Button component={Link} to="/devices/new" mt="sm">
          Add device
        </Button>
      )}
    </Stack>
  )
}
