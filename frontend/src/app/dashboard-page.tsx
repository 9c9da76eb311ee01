import { Stack, Text, VisuallyHidden } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type Event, mayActAs, type PluginInstance } from '@webmacs/contracts'
import { useEffect, useMemo } from 'react'
import { Failure } from '../components/failure.tsx'
import { meQuery } from '../features/auth/queries.ts'
import { ConnectionBanner } from '../features/live/connection-banner.tsx'
import { useLiveConnection } from '../features/live/hooks.ts'
import { eventsQuery, latestQuery, pluginsQuery } from '../features/signals/queries.ts'
import { groupSignals } from '../features/signals/signal-groups.ts'
import { SignalSection } from '../features/signals/signal-section.tsx'
import { SignalSkeleton } from '../features/signals/signal-skeleton.tsx'
import { TrendPanel, TrendSkeleton } from '../features/trends/trend-panel.tsx'
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
  useLiveConnection()
  useFirstReadings()
  useEffect(() => {
    document.title = 'Dashboard – WebMACS'
  }, [])
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
  const { client } = useServices()
  const { data: user } = useQuery(meQuery(client))
  const mayAdd = user !== undefined && mayActAs(user.role, 'operator')
  return (
    <Stack gap={4} align="center" py="xl">
      <Text fw={600}>There are no signals yet</Text>
      <Text c="dimmed" ta="center">
        {mayAdd
          ? 'Create events through the API; they appear here once the page is loaded again.'
          : 'Ask an operator to create events; they appear here once the page is loaded again.'}
      </Text>
    </Stack>
  )
}
