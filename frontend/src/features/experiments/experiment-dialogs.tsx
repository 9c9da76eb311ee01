import { Button, Group, Modal, Stack, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Experiment } from '@webmacs/contracts'
import { type FormEvent, useState } from 'react'
import { useServices } from '../../app/services.ts'
import { ConfirmDialog } from '../../components/confirm-dialog.tsx'
import { Failure } from '../../components/failure.tsx'
import { ExportDialog } from '../exports/export-dialog.tsx'
import { DeleteDataDialog } from '../historian/delete-data-dialog.tsx'
import { forgetExperiments } from './queries.ts'

/** What was chosen to be done with an experiment, and is asked about. */
export interface ExperimentAction {
  readonly kind: 'export' | 'rename' | 'delete' | 'delete-data'
  readonly experiment: Experiment
}

interface ExperimentDialogsProps {
  /** Undefined: nothing is asked. */
  readonly action: ExperimentAction | undefined
  readonly onClose: () => void
}

export function ExperimentDialogs({ action, onClose }: ExperimentDialogsProps) {
  if (action === undefined) return null
  const { kind, experiment } = action
  switch (kind) {
    case 'export':
      return <ExportDialog subject={{ experiment }} onClose={onClose} />
    case 'rename':
      return <Rename experiment={experiment} onClose={onClose} />
    case 'delete':
      return <Delete experiment={experiment} onClose={onClose} />
    case 'delete-data':
      return (
        <DeleteDataDialog
          title={`Delete the data of ${experiment.name}`}
          of={`everything measured during ${experiment.name}`}
          request={{ experiment_public_id: experiment.public_id }}
          word={experiment.name}
          onClose={onClose}
        />
      )
  }
}

interface DialogProps {
  readonly experiment: Experiment
  readonly onClose: () => void
}

function Rename({ experiment, onClose }: DialogProps) {
  const { client } = useServices()
  const queries = useQueryClient()
  const [name, setName] = useState(experiment.name)
  const rename = useMutation({
    mutationFn: () => client.experiments.update(experiment.public_id, { name: name.trim() }),
    onSuccess: async () => {
      onClose()
      await forgetExperiments(queries)
    },
  })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (name.trim() !== '') rename.mutate()
  }
  return (
    <Modal opened onClose={onClose} title="Rename experiment" centered closeButtonProps={{ 'aria-label': 'Close' }}>
      <form onSubmit={submit} aria-label="Rename experiment">
        <Stack>
          <TextInput
            label="Name"
            maxLength={255}
            value={name}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
            data-autofocus
          />
          {rename.error !== null && <Failure title="It was not renamed" error={rename.error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" disabled={name.trim() === ''} loading={rename.isPending}>
              Rename
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

function Delete({ experiment, onClose }: DialogProps) {
  const { client } = useServices()
  const queries = useQueryClient()
  const remove = useMutation({
    mutationFn: () => client.experiments.delete(experiment.public_id),
    onSuccess: async () => {
      onClose()
      await forgetExperiments(queries)
    },
  })
  return (
    <ConfirmDialog
      isOpen
      title={`Delete ${experiment.name}?`}
      text="Its name and its start and stop go. What was measured during it stays; delete its data first if that should go, too."
      action="Delete experiment"
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    />
  )
}
