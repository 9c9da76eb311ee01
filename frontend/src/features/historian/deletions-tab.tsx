import { Badge, Button, MultiSelect, Stack, Table, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { HistorianJob, HistorianJobState } from '@webmacs/contracts'
import { type FormEvent, useState } from 'react'
import { useServices } from '../../app/services.ts'
import { PageControl } from '../../components/page-control.tsx'
import { QueryState } from '../../components/query-state.tsx'
import { Section } from '../../components/section.tsx'
import tables from '../../components/table.module.css'
import { momentOf } from '../../lib/date-input.ts'
import { formatCount, formatTimestamp } from '../../lib/format.ts'
import { isoOf } from '../charts/chart-search.ts'
import { eventsQuery } from '../signals/queries.ts'
import { DeleteDataDialog } from './delete-data-dialog.tsx'
import classes from './historian.module.css'
import { DELETIONS_PAGE, deletionsQuery } from './queries.ts'

/** Deleting a range of time, and what was deleted before. For admins. */
export function DeletionsTab() {
  return (
    <Stack gap="lg">
      <DeleteRange />
      <DeletionList />
    </Stack>
  )
}

interface Range {
  readonly from: string
  readonly to: string
  readonly events: readonly string[]
}

function DeleteRange() {
  const { client } = useServices()
  const events = useQuery(eventsQuery(client))
  const [draft, setDraft] = useState<Range>({ from: '', to: '', events: [] })
  const [chosen, setChosen] = useState<Range>()
  const [from, to] = [momentOf(draft.from), momentOf(draft.to)]
  const isRange = from !== undefined && to !== undefined && from < to
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (isRange) setChosen({ ...draft, from: isoOf(from), to: isoOf(to) })
  }
  return (
    <Section title="Delete a range">
      <form onSubmit={submit} className={classes.form} aria-label="Delete a range">
        <TextInput
          type="datetime-local"
          step={1}
          label="From"
          value={draft.from}
          onChange={({ currentTarget }) => setDraft({ ...draft, from: currentTarget.value })}
        />
        <TextInput
          type="datetime-local"
          step={1}
          label="To, not included"
          value={draft.to}
          error={from !== undefined && to !== undefined && !isRange ? 'Not after the start' : undefined}
          onChange={({ currentTarget }) => setDraft({ ...draft, to: currentTarget.value })}
        />
        <MultiSelect
          miw="16rem"
          flex={1}
          label="Signals"
          placeholder={draft.events.length === 0 ? 'All signals' : undefined}
          searchable
          clearable
          value={[...draft.events]}
          data={(events.data ?? []).map(({ public_id, name }) => ({ value: public_id, label: name }))}
          onChange={(ids) => setDraft({ ...draft, events: ids })}
          clearButtonProps={{ 'aria-label': 'All signals' }}
        />
        <Button type="submit" color="red.8" disabled={!isRange}>
          Count and delete…
        </Button>
      </form>
      {chosen !== undefined && (
        <DeleteDataDialog
          title="Delete a range"
          of={`${signalsText(chosen.events.length)} from ${formatTimestamp(chosen.from)} to ${formatTimestamp(chosen.to)}`}
          request={{
            from: chosen.from,
            to: chosen.to,
            ...(chosen.events.length === 0 ? {} : { event_public_ids: [...chosen.events] }),
          }}
          word="delete"
          onClose={() => setChosen(undefined)}
        />
      )}
    </Section>
  )
}

const signalsText = (count: number): string =>
  count === 0 ? 'all signals' : count === 1 ? '1 signal' : `${count} signals`

const STATES: Readonly<Record<HistorianJobState | 'counted', string>> = {
  counted: 'Counted',
  waiting: 'Waiting',
  running: 'Under way',
  done: 'Done',
  failed: 'Failed',
}

function DeletionList() {
  const { client } = useServices()
  const [page, setPage] = useState(1)
  const deletions = useQuery(deletionsQuery(client, page))
  return (
    <QueryState query={deletions} failure="The deletions could not be loaded">
      {({ data, total }) =>
        total === 0 ? (
          <Text c="dimmed" ta="center" py="md">
            Nothing was deleted yet.
          </Text>
        ) : (
          <>
            <div className={tables.frame}>
              <Table verticalSpacing="xs" aria-label="Deletions, newest first">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th visibleFrom="sm">Asked for</Table.Th>
                    <Table.Th>Range</Table.Th>
                    <Table.Th visibleFrom="md">Signals</Table.Th>
                    <Table.Th>Datapoints</Table.Th>
                    <Table.Th>State</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {data.map((job) => (
                    <DeletionRow key={job.public_id} job={job} />
                  ))}
                </Table.Tbody>
              </Table>
            </div>
            <PageControl page={page} pages={Math.ceil(total / DELETIONS_PAGE)} onPage={setPage} />
          </>
        )
      }
    </QueryState>
  )
}

function DeletionRow({ job }: { readonly job: HistorianJob }) {
  return (
    <Table.Tr>
      <Table.Td visibleFrom="sm" className={tables.digits ?? ''}>
        {formatTimestamp(job.created_on)}
      </Table.Td>
      <Table.Td>
        {formatTimestamp(job.from)} –<br /> {formatTimestamp(job.to)}
        {job.experiment_public_id !== null && <div className={tables.muted}>of an experiment</div>}
      </Table.Td>
      <Table.Td visibleFrom="md">{job.event_public_ids === null ? 'all' : job.event_public_ids.length}</Table.Td>
      <Table.Td className={tables.digits ?? ''}>
        {formatCount(job.done)}
        {job.ended_on === null && job.expected !== null && ` of ${formatCount(job.expected)}`}
      </Table.Td>
      <Table.Td>
        <Badge variant="default">{STATES[job.state]}</Badge>
        {job.error !== null && <div className={tables.muted}>{job.error}</div>}
      </Table.Td>
    </Table.Tr>
  )
}
