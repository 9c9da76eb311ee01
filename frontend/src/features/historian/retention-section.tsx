import { Button, Checkbox, Group, NumberInput, Stack, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Retention } from '@webmacs/contracts'
import { type FormEvent, useState } from 'react'
import { useServices } from '../../app/services.ts'
import { ConfirmDialog } from '../../components/confirm-dialog.tsx'
import { Failure } from '../../components/failure.tsx'
import { QueryState } from '../../components/query-state.tsx'
import { Section } from '../../components/section.tsx'
import { useMay } from '../auth/use-may.ts'
import { retentionQuery } from './queries.ts'
import { lossOf, problemsOf, retentionText } from './retention-draft.ts'

/** How long what is measured is kept. */
export function RetentionSection() {
  const { client } = useServices()
  const retention = useQuery(retentionQuery(client))
  const mayChange = useMay('PUT /api/v1/historian/retention')
  return (
    <Section title="Retention">
      <Text fz="sm" c="dimmed">
        What was measured during an experiment that is marked “keep” is spared. Summaries by the hour and the day stay
        for ever.
      </Text>
      <QueryState query={retention} failure="The retention could not be loaded" height="6rem">
        {(data) => (mayChange ? <RetentionForm key={JSON.stringify(data)} stored={data} /> : <Told retention={data} />)}
      </QueryState>
    </Section>
  )
}

const Told = ({ retention }: { readonly retention: Retention }) => (
  <Text fz="sm">
    Readings are kept {retentionText(retention.raw_days)}, summaries by the minute{' '}
    {retentionText(retention.minute_days)}.
  </Text>
)

/** Where nothing has been chosen yet. */
const FIRST_DAYS = { raw_days: 90, minute_days: 365 } as const satisfies Record<keyof Retention, number>

function RetentionForm({ stored }: { readonly stored: Retention }) {
  const { client } = useServices()
  const queries = useQueryClient()
  const [draft, setDraft] = useState(stored)
  const [isAsking, setIsAsking] = useState(false)
  const save = useMutation({
    mutationFn: () => client.historian.retention.set(draft),
    onSuccess: async () => {
      setIsAsking(false)
      await queries.invalidateQueries({ queryKey: retentionQuery(client).queryKey })
    },
  })
  const problems = problemsOf(draft)
  const loss = lossOf(stored, draft)
  const isChanged = draft.raw_days !== stored.raw_days || draft.minute_days !== stored.minute_days
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (problems.raw_days !== undefined || problems.minute_days !== undefined) return
    if (loss === undefined) save.mutate()
    else setIsAsking(true)
  }
  const change = (part: Partial<Retention>): void => {
    save.reset()
    setDraft({ ...draft, ...part })
  }
  const stopAsking = (): void => {
    save.reset()
    setIsAsking(false)
  }
  return (
    <form onSubmit={submit} noValidate aria-label="Retention">
      <Stack>
        <Days
          label="Readings"
          days={draft.raw_days}
          first={FIRST_DAYS.raw_days}
          problem={problems.raw_days}
          onChange={(raw_days) => change({ raw_days })}
        />
        <Days
          label="Summaries by the minute"
          days={draft.minute_days}
          first={FIRST_DAYS.minute_days}
          problem={problems.minute_days}
          onChange={(minute_days) => change({ minute_days })}
        />
        {save.error !== null && !isAsking && <Failure title="The retention was not saved" error={save.error} />}
        <Group gap="sm">
          <Button type="submit" disabled={!isChanged} loading={save.isPending}>
            Save retention
          </Button>
          <Text component="span" role="status" fz="sm" c="dimmed">
            {save.isSuccess || !isChanged ? `Readings are kept ${retentionText(stored.raw_days)}.` : 'Not saved yet.'}
          </Text>
        </Group>
      </Stack>
      <ConfirmDialog
        isOpen={isAsking}
        title="Keep less"
        text={loss ?? ''}
        action="Keep less"
        isPending={save.isPending}
        error={save.error}
        onConfirm={() => save.mutate()}
        onClose={stopAsking}
      />
    </form>
  )
}

interface DaysProps {
  readonly label: string
  readonly days: number | null
  readonly first: number
  readonly problem: string | undefined
  readonly onChange: (days: number | null) => void
}

function Days({ label, days, first, problem, onChange }: DaysProps) {
  return (
    <Group gap="md" align="flex-end">
      <NumberInput
        w="14rem"
        label={`${label} (days)`}
        min={1}
        max={36_500}
        allowDecimal={false}
        disabled={days === null}
        value={days ?? ''}
        error={problem}
        onChange={(value) => onChange(typeof value === 'number' ? value : 0)}
      />
      <Checkbox
        pb={8}
        label="for ever"
        aria-label={`${label} for ever`}
        checked={days === null}
        onChange={({ currentTarget }) => onChange(currentTarget.checked ? null : first)}
      />
    </Group>
  )
}
