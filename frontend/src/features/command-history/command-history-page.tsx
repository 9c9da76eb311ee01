import { Button, Group, NativeSelect, Pagination, Skeleton, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { CommandState } from '@webmacs/contracts'
import { useServices } from '../../app/services.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { Failure } from '../../components/failure.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { usePageTitle } from '../../lib/use-page-title.ts'
import { STATE_TEXTS } from '../commands/command-states.ts'
import { eventsQuery, pluginsQuery } from '../signals/queries.ts'
import { CommandTable } from './command-table.tsx'
import { type CommandSearch, commandSearch, commandsQuery, PAGE_SIZE } from './queries.ts'

const route = getRouteApi('/signed-in/commands')

/** Every value that an output was to be set to, and what became of it. */
export function CommandHistoryPage() {
  const { client } = useServices()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const commands = useQuery(commandsQuery(client, search))
  const events = useQuery(eventsQuery(client))
  const instances = useQuery(pluginsQuery(client))
  usePageTitle('Commands')
  const narrow = (part: Partial<CommandSearch>): void =>
    void navigate({ search: commandSearch({ ...search, page: undefined, ...part }), replace: true })
  const outputs = outputEvents(events.data ?? [], instances.data ?? [])
  const pages = Math.ceil((commands.data?.total ?? 0) / PAGE_SIZE)
  const isNarrowed = search.event !== undefined || search.state !== undefined
  return (
    <Stack gap="lg">
      <PageHeader title="Commands" description="Every value that an output was to be set to, and what became of it." />
      <Group gap="sm" align="flex-end">
        <NativeSelect
          label="Output"
          value={search.event ?? ''}
          data={[{ value: '', label: 'All outputs' }, ...outputs]}
          onChange={({ currentTarget }) => narrow({ event: currentTarget.value })}
        />
        <NativeSelect
          label="State"
          value={search.state ?? ''}
          data={[{ value: '', label: 'All states' }, ...STATES]}
          onChange={({ currentTarget }) => narrow({ state: currentTarget.value as CommandState })} // empty is taken out by the search
        />
        {isNarrowed && (
          <Button variant="subtle" onClick={() => narrow({ event: undefined, state: undefined })}>
            Show all
          </Button>
        )}
      </Group>
      {commands.data === undefined && commands.errorUpdateCount > 0 && (
        <Failure
          title="The commands could not be loaded"
          error={commands.error}
          onRetry={() => void commands.refetch()}
        />
      )}
      {commands.data === undefined && commands.errorUpdateCount === 0 && <Skeleton height="24rem" radius="md" />}
      {commands.data?.total === 0 && (
        <EmptyState
          title={isNarrowed ? 'No command is like that' : 'Nothing has been set yet'}
          text={
            isNarrowed
              ? 'Choose another output or state, or show all.'
              : 'Set an output on the dashboard; each attempt is kept here, done or not.'
          }
        />
      )}
      {commands.data !== undefined && commands.data.total > 0 && <CommandTable commands={commands.data.data} />}
      {pages > 1 && (
        <Pagination
          total={pages}
          value={search.page ?? 1}
          onChange={(page) => narrow({ page })}
          getControlProps={(control) => ({ 'aria-label': CONTROL_LABELS[control] })}
          getItemProps={(page) => ({ 'aria-label': `Page ${page}` })}
        />
      )}
    </Stack>
  )
}

const CONTROL_LABELS = {
  first: 'First page',
  previous: 'Previous page',
  next: 'Next page',
  last: 'Last page',
} as const

const STATES = Object.entries(STATE_TEXTS).map(([value, { text }]) => ({ value, label: text }))

interface Linked {
  readonly channel_mappings: readonly { readonly direction: string; readonly event_public_id: string | null }[]
}

function outputEvents(events: readonly { public_id: string; name: string }[], instances: readonly Linked[]) {
  const linked = new Set(
    instances.flatMap(({ channel_mappings }) =>
      channel_mappings.filter(({ direction }) => direction !== 'input').map(({ event_public_id }) => event_public_id),
    ),
  )
  return events
    .filter(({ public_id }) => linked.has(public_id))
    .map(({ public_id, name }) => ({ value: public_id, label: name }))
}
