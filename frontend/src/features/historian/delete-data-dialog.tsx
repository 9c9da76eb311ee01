import { Alert, Button, Group, Loader, Modal, Progress, Stack, Text, TextInput } from '@mantine/core'
import { IconCircleCheck } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { DeletionRequest, HistorianJob } from '@webmacs/contracts'
import { type FormEvent, useState } from 'react'
import { useServices } from '../../app/services.ts'
import { Failure } from '../../components/failure.tsx'
import { formatCount } from '../../lib/format.ts'
import { followDeletion } from './follow-deletion.ts'
import { deletionQuery } from './queries.ts'
import { isTyped } from './typed-word.ts'

interface DeleteDataDialogProps {
  readonly title: string
  /** Whose data it is, as it goes on after "12 datapoints of". */
  readonly of: string
  readonly request: Omit<DeletionRequest, 'dry_run'>
  /** What is typed to confirm. */
  readonly word: string
  readonly onClose: () => void
}

/** Counts what would be deleted, has it confirmed by typing, and shows how far it is. */
export function DeleteDataDialog({ title, of, request, word, onClose }: DeleteDataDialogProps) {
  const { client } = useServices()
  const queries = useQueryClient()
  const count = useQuery({
    queryKey: ['deletion-count', request],
    queryFn: ({ signal }) =>
      client.datapoints.deletions.create({ ...request, dry_run: true }, { signal, timeoutMs: 60_000 }),
    staleTime: 0,
    gcTime: 0,
  })
  const start = useMutation({
    mutationFn: () => client.datapoints.deletions.create(request, { timeoutMs: 60_000 }),
    onSuccess: (job) => {
      void followDeletion(client, queries, job)
    },
  })
  return (
    <Modal opened onClose={onClose} title={title} centered closeButtonProps={{ 'aria-label': 'Close' }}>
      {start.data !== undefined ? (
        <Deletion job={start.data} onClose={onClose} />
      ) : (
        <Stack>
          {count.data === undefined && count.errorUpdateCount === 0 && (
            <Group gap="xs">
              <Loader size="xs" />
              <Text fz="sm">Counting …</Text>
            </Group>
          )}
          {count.error !== null && (
            <Failure title="It could not be counted" error={count.error} onRetry={() => void count.refetch()} />
          )}
          {count.data !== undefined && (
            <Confirmation
              count={count.data.expected ?? 0}
              of={of}
              word={word}
              isPending={start.isPending}
              error={start.error}
              onConfirm={() => start.mutate()}
              onClose={onClose}
            />
          )}
        </Stack>
      )}
    </Modal>
  )
}

interface ConfirmationProps {
  readonly count: number
  readonly of: string
  readonly word: string
  readonly isPending: boolean
  readonly error: Error | null
  readonly onConfirm: () => void
  readonly onClose: () => void
}

function Confirmation({ count, of, word, isPending, error, onConfirm, onClose }: ConfirmationProps) {
  const [typed, setTyped] = useState('')
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (isTyped(typed, word)) onConfirm()
  }
  if (count === 0) {
    return (
      <>
        <Text fz="sm">There are no datapoints of {of}.</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Close
          </Button>
        </Group>
      </>
    )
  }
  return (
    <form onSubmit={submit} aria-label="Confirm the deletion">
      <Stack>
        <Text fz="sm">
          <strong>
            {formatCount(count)} {count === 1 ? 'datapoint' : 'datapoints'}
          </strong>{' '}
          of {of} will be deleted for good, and charts and summaries with them; files that were exported stay. This
          cannot be taken back.
        </Text>
        <TextInput
          label={`Type “${word}” to confirm`}
          value={typed}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
          autoComplete="off"
          data-autofocus
        />
        {error !== null && <Failure title="That was not deleted" error={error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" color="red.8" disabled={!isTyped(typed, word)} loading={isPending}>
            Delete data
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** How far it is: most are done by the time the server answers. */
function Deletion({ job, onClose }: { readonly job: HistorianJob; readonly onClose: () => void }) {
  const { client } = useServices()
  // Asked for by what follows it, also when this is closed.
  const { data = job } = useQuery({ ...deletionQuery(client, job.public_id ?? ''), enabled: false })
  const hasEnded = data.ended_on !== null
  return (
    <Stack>
      {data.state === 'failed' && (
        <Failure title="It was not deleted whole" error={new Error(data.error ?? 'Unknown cause.')} />
      )}
      {data.state === 'done' && (
        <Alert color="green" variant="light" role="status" icon={<IconCircleCheck aria-hidden />} title="Deleted">
          {formatCount(data.done)} {data.done === 1 ? 'datapoint was' : 'datapoints were'} deleted.
        </Alert>
      )}
      {!hasEnded && (
        <Stack gap="xs" role="status">
          <Text fz="sm">
            {formatCount(data.done)} of {formatCount(data.expected ?? 0)} deleted. You may close this; it goes on.
          </Text>
          <Progress
            value={(data.done / Math.max(1, data.expected ?? 1)) * 100}
            animated
            aria-label="Datapoints deleted"
          />
        </Stack>
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          Close
        </Button>
      </Group>
    </Stack>
  )
}
