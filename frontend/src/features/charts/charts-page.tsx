import { Button, Skeleton, Stack } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useCallback, useMemo, useState } from 'react'
import { useServices } from '../../app/services.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { Failure } from '../../components/failure.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { usePageTitle } from '../../lib/use-page-title.ts'
import { useMay } from '../auth/use-may.ts'
import { ExportDialog } from '../exports/export-dialog.tsx'
import { eventsQuery, pluginsQuery } from '../signals/queries.ts'
import { groupSignals, type SignalGroup } from '../signals/signal-groups.ts'
import { firstChoice, type PlanLimits } from '../trends/chart-plan.ts'
import { SignalPicker } from '../trends/signal-picker.tsx'
import { type ChartSearch, chartSearch, eventsOf, isoOf } from './chart-search.ts'
import { Explorer } from './explorer.tsx'
import { useChartView } from './use-chart-view.ts'

const route = getRouteApi('/signed-in/charts')
const LIMITS: PlanLimits = { plotted: 20, axes: 4 }

/** The stored past of any events, at any zoom. */
export function ChartsPage() {
  const { client } = useServices()
  const events = useQuery(eventsQuery(client))
  const plugins = useQuery(pluginsQuery(client))
  usePageTitle('Charts')
  const isKnown = events.data !== undefined && (plugins.data !== undefined || plugins.errorUpdateCount > 0)
  const groups = useMemo(() => groupSignals(events.data ?? [], plugins.data ?? []), [events.data, plugins.data])
  if (isKnown && groups.length > 0) return <Charts groups={groups} />
  return (
    <Stack gap="lg">
      <PageHeader title="Charts" />
      {events.data === undefined && events.errorUpdateCount > 0 ? (
        <Failure title="The signals could not be loaded" error={events.error} onRetry={() => void events.refetch()} />
      ) : isKnown ? (
        <EmptyState title="There are no signals yet" text="Add a device: each of its channels becomes a signal." />
      ) : (
        <Skeleton height="36rem" radius="md" />
      )}
    </Stack>
  )
}

function Charts({ groups }: { readonly groups: readonly SignalGroup[] }) {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const mayExport = useMay('POST /api/v1/exports')
  const [exported, setExported] = useState<{ from: string; to: string }>()
  const first = useMemo(() => firstChoice(groups), [groups])
  const events = useMemo(() => eventsOf(search)?.filter((id) => isKnown(groups, id)) ?? first, [search, groups, first])
  const onSearch = useCallback(
    (next: ChartSearch): void => void navigate({ search: chartSearch({ ...next }), replace: true, resetScroll: false }),
    [navigate],
  )
  const view = useChartView({ search, events, onSearch })
  const choose = (ids: readonly string[]): void =>
    void navigate({
      search: (before) => chartSearch({ ...before, events: ids.join(',') }),
      replace: true,
      resetScroll: false,
    })
  return (
    <Stack gap="lg">
      <PageHeader
        title="Charts"
        actions={
          <>
            <SignalPicker groups={groups} chosen={events} onChange={choose} limits={LIMITS} />
            {mayExport && (
              <Button
                size="xs"
                variant="default"
                leftSection={<IconDownload size="1rem" stroke={1.75} aria-hidden />}
                disabled={events.length === 0}
                onClick={() => {
                  const { from, to } = view.get()
                  setExported({ from: isoOf(from), to: isoOf(to) })
                }}
              >
                Export…
              </Button>
            )}
          </>
        }
      />
      <Explorer groups={groups} events={events} limits={LIMITS} view={view} />
      {exported !== undefined && (
        <ExportDialog subject={{ ...exported, events }} onClose={() => setExported(undefined)} />
      )}
    </Stack>
  )
}

/** An address may name events that were deleted since. */
const isKnown = (groups: readonly SignalGroup[], id: string): boolean =>
  groups.some(({ sensors, controls }) => [...sensors, ...controls].some(({ event }) => event.public_id === id))
