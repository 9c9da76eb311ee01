import { Button, Group, NativeSelect, Select, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Datapoint, QualityFilter } from '@webmacs/contracts'
import { useState } from 'react'
import { useServices } from '../../app/services.ts'
import { ConfirmDialog } from '../../components/confirm-dialog.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { QueryState } from '../../components/query-state.tsx'
import { inputOf, momentOf } from '../../lib/date-input.ts'
import { formatCount } from '../../lib/format.ts'
import { isoOf } from '../charts/chart-search.ts'
import type { DataSearch } from '../historian/data-search.ts'
import classes from '../historian/historian.module.css'
import { forgetStored } from '../historian/queries.ts'
import { eventsQuery } from '../signals/queries.ts'
import { DatapointTable } from './datapoint-table.tsx'
import { DATAPOINTS_PAGE, datapointsQuery, experimentNamesQuery } from './queries.ts'

interface DatapointsTabProps {
  readonly search: DataSearch
  readonly onSearch: (search: DataSearch) => void
}

/** Single readings as they are stored, newest first. */
export function DatapointsTab({ search, onSearch }: DatapointsTabProps) {
  const { client } = useServices()
  const queries = useQueryClient()
  const datapoints = useQuery(datapointsQuery(client, search))
  const [chosen, setChosen] = useState<Datapoint>()
  const remove = useMutation({
    mutationFn: (id: string) => client.datapoints.delete(id),
    onSuccess: async () => {
      setChosen(undefined)
      await forgetStored(queries)
    },
  })
  const { tab: _, cursor, ...filter } = search
  const isNarrowed = Object.keys(filter).length > 0
  return (
    <Stack gap="md">
      <Filters search={search} onSearch={(part) => onSearch({ ...search, cursor: undefined, ...part })} />
      <QueryState query={datapoints} failure="The datapoints could not be loaded" height="24rem">
        {({ data, total, total_is_estimate, next_cursor }) =>
          data.length === 0 && cursor === undefined ? (
            <EmptyState
              title={isNarrowed ? 'No datapoint is like that' : 'Nothing is stored yet'}
              text={
                isNarrowed ? 'Choose another signal, experiment, time or quality.' : 'What devices read is kept here.'
              }
            />
          ) : (
            <>
              <Text fz="sm" c="dimmed">
                {total_is_estimate === true ? 'About ' : ''}
                {formatCount(total)} datapoints, newest first
              </Text>
              <DatapointTable datapoints={data} onDelete={setChosen} />
              <Group gap="sm">
                <Button
                  variant="default"
                  disabled={cursor === undefined}
                  onClick={() => onSearch({ ...search, cursor: undefined })}
                >
                  Newest
                </Button>
                <Button
                  variant="default"
                  disabled={next_cursor == null || data.length < DATAPOINTS_PAGE}
                  onClick={() => onSearch({ ...search, cursor: next_cursor ?? undefined })}
                >
                  Older
                </Button>
              </Group>
            </>
          )
        }
      </QueryState>
      <ConfirmDialog
        isOpen={chosen !== undefined}
        title="Delete this datapoint?"
        text="Charts and exports no longer show it. This cannot be taken back."
        action="Delete datapoint"
        isPending={remove.isPending}
        error={remove.error}
        onConfirm={() => {
          if (chosen !== undefined) remove.mutate(chosen.public_id)
        }}
        onClose={() => {
          remove.reset()
          setChosen(undefined)
        }}
      />
    </Stack>
  )
}

const QUALITIES = [
  { value: 'shown', label: 'Good and uncertain' },
  { value: 'good', label: 'Good' },
  { value: 'uncertain', label: 'Uncertain' },
  { value: 'bad', label: 'Bad' },
] as const satisfies readonly { value: QualityFilter; label: string }[]

interface FiltersProps {
  readonly search: DataSearch
  readonly onSearch: (part: DataSearch) => void
}

function Filters({ search, onSearch }: FiltersProps) {
  const { client } = useServices()
  const events = useQuery(eventsQuery(client))
  const experiments = useQuery(experimentNamesQuery(client))
  return (
    <search className={classes.form} aria-label="Datapoints">
      <Select
        label="Signal"
        placeholder="All signals"
        searchable
        clearable
        value={search.event ?? null}
        data={(events.data ?? []).map(({ public_id, name }) => ({ value: public_id, label: name }))}
        onChange={(event) => onSearch({ event: event ?? undefined })}
        clearButtonProps={{ 'aria-label': 'All signals' }}
      />
      <Select
        label="Experiment"
        placeholder="All"
        searchable
        clearable
        value={search.experiment ?? null}
        data={(experiments.data ?? []).map(({ public_id, name }) => ({ value: public_id, label: name }))}
        onChange={(experiment) => onSearch({ experiment: experiment ?? undefined })}
        clearButtonProps={{ 'aria-label': 'All experiments' }}
      />
      <Moment label="From" value={search.from} onChange={(from) => onSearch({ from })} />
      <Moment label="To" value={search.to} onChange={(to) => onSearch({ to })} />
      <NativeSelect
        label="Quality"
        value={search.quality ?? 'shown'}
        data={QUALITIES.map(({ value, label }) => ({ value, label }))}
        onChange={({ currentTarget }) => onSearch({ quality: currentTarget.value as QualityFilter })} // one of the data
      />
    </search>
  )
}

interface MomentProps {
  readonly label: string
  readonly value: string | undefined
  readonly onChange: (moment: string | undefined) => void
}

/** A moment that counts once the field is left, or Enter is pressed: while it is typed it is none. */
function Moment({ label, value, onChange }: MomentProps) {
  const shown = value === undefined ? '' : inputOf(Date.parse(value) / 1000)
  const [draft, setDraft] = useState(shown)
  const [before, setBefore] = useState(shown)
  if (before !== shown) {
    setBefore(shown)
    setDraft(shown)
  }
  const take = (): void => {
    const moment = momentOf(draft)
    if (draft !== shown) onChange(moment === undefined ? undefined : isoOf(moment))
  }
  return (
    <TextInput
      type="datetime-local"
      step={1}
      label={label}
      value={draft}
      onChange={({ currentTarget }) => setDraft(currentTarget.value)}
      onBlur={take}
      onKeyDown={({ key }) => {
        if (key === 'Enter') take()
      }}
    />
  )
}
