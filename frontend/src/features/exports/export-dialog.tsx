import {
  Alert,
  Anchor,
  Button,
  Checkbox,
  Group,
  Modal,
  NativeSelect,
  Progress,
  Radio,
  SegmentedControl,
  Stack,
  Text,
} from '@mantine/core'
import { IconCircleCheck } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { CreatedExport } from '@webmacs/contracts'
import { type FormEvent, useState } from 'react'
import { useServices } from '../../app/services.ts'
import { Failure } from '../../components/failure.tsx'
import { formatBytes, formatCount, formatTimestamp } from '../../lib/format.ts'
import { keepLink, startDownload } from './download-links.ts'
import {
  canHaveBad,
  canHaveMetadata,
  type ExportDraft,
  type ExportSubject,
  explainExport,
  FIRST_DRAFT,
  hasMethod,
  INTERVALS,
  METHODS,
  requestOf,
} from './export-draft.ts'
import { EXPORTS_KEY, exportQuery, isUnderWay } from './queries.ts'

interface ExportDialogProps {
  readonly subject: ExportSubject
  readonly onClose: () => void
}

/** Chooses the form of a file, and has it made. */
export function ExportDialog({ subject, onClose }: ExportDialogProps) {
  const { client } = useServices()
  const queries = useQueryClient()
  const [draft, setDraft] = useState<ExportDraft>(FIRST_DRAFT)
  const start = useMutation({
    mutationFn: () => client.exports.create(requestOf(draft, subject)),
    onSuccess: (created) => {
      const url = client.exports.downloadUrl(created)
      if (created.delivery === 'stream') startDownload(document, url)
      else keepLink(localStorage, created.public_id, { url, expires: Date.parse(created.expires_on) })
      void queries.invalidateQueries({ queryKey: [...EXPORTS_KEY] })
    },
  })
  return (
    <Modal opened onClose={onClose} title="Export" size="lg" closeButtonProps={{ 'aria-label': 'Close' }}>
      <Stack>
        <Text fz="sm" c="dimmed">
          {describeSubject(subject)}
        </Text>
        {start.data === undefined ? (
          <ExportForm draft={draft} onChange={setDraft} start={start} onClose={onClose} />
        ) : (
          <Outcome created={start.data} onClose={onClose} />
        )}
      </Stack>
    </Modal>
  )
}

interface ExportFormProps {
  readonly draft: ExportDraft
  readonly onChange: (draft: ExportDraft) => void
  readonly start: { readonly isPending: boolean; readonly error: Error | null; readonly mutate: () => void }
  readonly onClose: () => void
}

function ExportForm({ draft, onChange, start, onClose }: ExportFormProps) {
  const change = (part: Partial<ExportDraft>): void => onChange({ ...draft, ...part })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    start.mutate()
  }
  return (
    <form onSubmit={submit} aria-label="Export">
      <Stack>
        <Choice
          label="Format"
          value={draft.format}
          data={[
            { value: 'csv', label: 'CSV' },
            { value: 'parquet', label: 'Parquet' },
            { value: 'jsonl', label: 'JSON Lines' },
          ]}
          onChange={(format) => change({ format })}
        />
        <Choice
          label="Table"
          value={draft.shape}
          data={[
            { value: 'long', label: 'Long' },
            { value: 'wide', label: 'Wide' },
          ]}
          onChange={(shape) => change({ shape })}
        />
        <Group grow align="flex-start">
          <NativeSelect
            label="Interval"
            value={draft.every}
            data={INTERVALS.map(({ value, label }) => ({ value, label }))}
            onChange={({ currentTarget }) => change({ every: currentTarget.value as ExportDraft['every'] })} // one of the data
          />
          <NativeSelect
            label="Method"
            disabled={!hasMethod(draft)}
            value={hasMethod(draft) ? draft.method : ''}
            data={
              hasMethod(draft) ? METHODS.map(({ value, label }) => ({ value, label })) : [{ value: '', label: '—' }]
            }
            onChange={({ currentTarget }) => change({ method: currentTarget.value as ExportDraft['method'] })} // one of the data
          />
        </Group>
        <Text fz="sm" role="status">
          {explainExport(draft)}
        </Text>
        <Checkbox
          label="Bad readings too, with a column that tells the quality"
          disabled={!canHaveBad(draft)}
          checked={draft.includeBad && canHaveBad(draft)}
          onChange={({ currentTarget }) => change({ includeBad: currentTarget.checked })}
        />
        <Checkbox
          label="Begin with what it is about: experiment, signals, units, ranges"
          description={canHaveMetadata(draft) ? undefined : 'A Parquet file carries it in any case.'}
          disabled={!canHaveMetadata(draft)}
          checked={draft.metadata || !canHaveMetadata(draft)}
          onChange={({ currentTarget }) => change({ metadata: currentTarget.checked })}
        />
        <Radio.Group
          label="Delivery"
          value={draft.delivery}
          onChange={(value) => change({ delivery: value as ExportDraft['delivery'] })} // one of the radios
        >
          <Stack gap={6} mt={6}>
            <Radio value="stream" label="Download now" description="It begins at once and is made on the way." />
            <Radio
              value="file"
              label="Prepare a file"
              description="For what is large: made first and kept for a time, its download can be resumed."
            />
          </Stack>
        </Radio.Group>
        {start.error !== null && <Failure title="That was not exported" error={start.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={start.isPending}>
            {draft.delivery === 'stream' ? 'Download' : 'Prepare'}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

interface ChoiceProps<Value extends string> {
  readonly label: string
  readonly value: Value
  readonly data: { readonly value: Value; readonly label: string }[]
  readonly onChange: (value: Value) => void
}

function Choice<Value extends string>({ label, value, data, onChange }: ChoiceProps<Value>) {
  return (
    <Stack gap={4}>
      <Text component="span" fz="sm" fw={500}>
        {label}
      </Text>
      <SegmentedControl aria-label={label} value={value} data={data} onChange={(next) => onChange(next as Value)} />
    </Stack>
  )
}

const rowsText = (rows: number | null): string =>
  rows === null ? 'a number of rows not yet known' : `${formatCount(rows)} rows`

function Outcome({ created, onClose }: { readonly created: CreatedExport; readonly onClose: () => void }) {
  const { client } = useServices()
  return (
    <Stack>
      {created.delivery === 'stream' ? (
        <Alert
          color="green"
          variant="light"
          role="status"
          icon={<IconCircleCheck aria-hidden />}
          title="The download begins"
        >
          <Text fz="sm" style={{ overflowWrap: 'anywhere' }}>
            {created.file_name}: about {rowsText(created.expected_rows)}. The browser shows how far it is and can cancel
            it. If it did not begin,{' '}
            <Anchor inherit href={client.exports.downloadUrl(created)} download>
              download it here
            </Anchor>
            .
          </Text>
        </Alert>
      ) : (
        <FileProgress created={created} />
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose} data-autofocus>
          Close
        </Button>
      </Group>
    </Stack>
  )
}

function FileProgress({ created }: { readonly created: CreatedExport }) {
  const { client } = useServices()
  const { data = created, error } = useQuery(exportQuery(client, created.public_id))
  const { state, rows, expected_rows, bytes } = data
  if (state === 'done') {
    return (
      <Alert
        color="green"
        variant="light"
        role="status"
        icon={<IconCircleCheck aria-hidden />}
        title="The file is ready"
      >
        <Stack gap="xs" align="flex-start">
          <Text fz="sm" style={{ overflowWrap: 'anywhere' }}>
            {data.file_name}: {rowsText(rows)}, {formatBytes(bytes)}. Kept until {formatTimestamp(data.expires_on)}.
          </Text>
          <Button component="a" size="xs" href={client.exports.downloadUrl(created)} download>
            Download file
          </Button>
        </Stack>
      </Alert>
    )
  }
  if (!isUnderWay(state))
    return <Failure title="The file was not made" error={new Error(data.error ?? `It is ${state}.`)} />
  return (
    <Stack gap="xs" role="status">
      <Text fz="sm">
        Being made: {formatCount(rows)} of about {rowsText(expected_rows)}. You may close this; it goes on, and is
        listed under Data.
      </Text>
      <Progress
        value={expected_rows === null || expected_rows === 0 ? 0 : Math.min(100, (rows / expected_rows) * 100)}
        animated
        aria-label="Rows made"
      />
      {error !== null && <Text fz="xs">{error.message}</Text>}
    </Stack>
  )
}

function describeSubject({ experiment, from, to, events }: ExportSubject): string {
  const signals = events === undefined ? 'all signals' : events.length === 1 ? '1 signal' : `${events.length} signals`
  if (experiment !== undefined) return `${experiment.name}: ${signals}`
  return `${formatTimestamp(from)} to ${formatTimestamp(to)}: ${signals}`
}
