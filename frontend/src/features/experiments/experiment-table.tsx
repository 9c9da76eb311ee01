import { Switch, Table } from '@mantine/core'
import { IconPlayerRecord } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Experiment } from '@webmacs/contracts'
import { useState } from 'react'
import { useServices } from '../../app/services.ts'
import { Failure } from '../../components/failure.tsx'
import tables from '../../components/table.module.css'
import { formatDuration, formatTimestamp } from '../../lib/format.ts'
import { meQuery } from '../auth/queries.ts'
import { useMay } from '../auth/use-may.ts'
import { useTicking } from '../live/hooks.ts'
import { ExperimentActions } from './experiment-actions.tsx'
import { type ExperimentAction, ExperimentDialogs } from './experiment-dialogs.tsx'
import classes from './experiments.module.css'
import { forgetExperiments, usersQuery } from './queries.ts'

/** One row an experiment, with all that can be done with it. */
export function ExperimentTable({ experiments }: { readonly experiments: readonly Experiment[] }) {
  const { client } = useServices()
  const queries = useQueryClient()
  const [action, setAction] = useState<ExperimentAction>()
  const nameOf = useUserNames()
  const stop = useMutation({
    mutationFn: (id: string) => client.experiments.stop(id),
    onSettled: () => forgetExperiments(queries),
  })
  return (
    <>
      {stop.error !== null && <Failure title="The experiment was not stopped" error={stop.error} />}
      <div className={tables.frame}>
        <Table verticalSpacing="sm" aria-label="Experiments, newest first">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Experiment</Table.Th>
              <Table.Th visibleFrom="sm">Start</Table.Th>
              <Table.Th visibleFrom="md">Stop</Table.Th>
              <Table.Th visibleFrom="xs">Duration</Table.Th>
              <Table.Th visibleFrom="lg">Who</Table.Th>
              <Table.Th visibleFrom="xs">Keep</Table.Th>
              <Table.Th aria-label="Actions" />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {experiments.map((experiment) => (
              <Table.Tr key={experiment.public_id}>
                <Table.Td>
                  <div className={tables.name}>{experiment.name}</div>
                  {isRunning(experiment) && (
                    <span className={classes.running}>
                      <IconPlayerRecord size="1em" aria-hidden /> Running
                    </span>
                  )}
                </Table.Td>
                <Table.Td visibleFrom="sm" className={tables.digits ?? ''}>
                  {formatTimestamp(experiment.started_on)}
                </Table.Td>
                <Table.Td visibleFrom="md" className={tables.digits ?? ''}>
                  {formatTimestamp(experiment.stopped_on)}
                </Table.Td>
                <Table.Td visibleFrom="xs" className={tables.digits ?? ''}>
                  <Duration experiment={experiment} />
                </Table.Td>
                <Table.Td visibleFrom="lg">{nameOf(experiment.user_public_id)}</Table.Td>
                <Table.Td visibleFrom="xs">
                  <Keep experiment={experiment} />
                </Table.Td>
                <Table.Td ta="right">
                  <ExperimentActions
                    experiment={experiment}
                    isStopping={stop.isPending && stop.variables === experiment.public_id}
                    onStop={() => stop.mutate(experiment.public_id)}
                    onAction={(kind) => setAction({ kind, experiment })}
                  />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      <ExperimentDialogs action={action} onClose={() => setAction(undefined)} />
    </>
  )
}

const isRunning = ({ started_on, stopped_on }: Experiment): boolean => started_on !== null && stopped_on === null

function Duration({ experiment: { started_on, stopped_on } }: { readonly experiment: Experiment }) {
  return useTicking((nowMs) => {
    if (started_on === null) return '—'
    return formatDuration((stopped_on === null ? nowMs : Date.parse(stopped_on)) - Date.parse(started_on))
  })
}

/** Names of users for those who may see them, of oneself for everybody. */
function useUserNames(): (id: string | null) => string {
  const { client } = useServices()
  const maySee = useMay('GET /api/v1/users')
  const { data: me } = useQuery(meQuery(client))
  const { data: users } = useQuery({ ...usersQuery(client), enabled: maySee })
  return (id) => {
    if (id === null) return '—'
    if (id === me?.public_id) return me.username
    return users?.find(({ public_id }) => public_id === id)?.username ?? 'Somebody else'
  }
}

function Keep({ experiment }: { readonly experiment: Experiment }) {
  const { client } = useServices()
  const queries = useQueryClient()
  const mayChange = useMay('PUT /api/v1/experiments/{id}')
  const keep = useMutation({
    mutationFn: (isKept: boolean) => client.experiments.update(experiment.public_id, { keep: isKept }),
    onSettled: () => forgetExperiments(queries),
  })
  if (!mayChange) return experiment.keep ? 'kept' : ''
  return (
    <Switch
      aria-label={`Keep the data of ${experiment.name}`}
      title="Retention spares what was measured during it"
      checked={keep.isPending ? keep.variables : experiment.keep}
      onChange={({ currentTarget }) => keep.mutate(currentTarget.checked)}
      error={keep.error?.message}
    />
  )
}
