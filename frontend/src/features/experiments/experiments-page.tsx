import { Button, Stack, TextInput } from '@mantine/core'
import { IconPlayerPlay } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { useServices } from '../../app/services.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { Failure } from '../../components/failure.tsx'
import { PageControl } from '../../components/page-control.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { QueryState } from '../../components/query-state.tsx'
import { usePageTitle } from '../../lib/use-page-title.ts'
import { useMay } from '../auth/use-may.ts'
import { ExperimentTable } from './experiment-table.tsx'
import classes from './experiments.module.css'
import { EXPERIMENTS_PAGE, experimentsQuery, forgetExperiments } from './queries.ts'

const route = getRouteApi('/signed-in/experiments')

/** Parts of time that somebody gave a name: what was measured then belongs to them. */
export function ExperimentsPage() {
  const { client } = useServices()
  const { page = 1 } = route.useSearch()
  const navigate = route.useNavigate()
  const experiments = useQuery(experimentsQuery(client, page))
  const mayStart = useMay('POST /api/v1/experiments')
  usePageTitle('Experiments')
  return (
    <Stack gap="lg">
      <PageHeader title="Experiments" description="What is measured while one runs belongs to it." />
      {mayStart && <StartExperiment />}
      <QueryState query={experiments} failure="The experiments could not be loaded">
        {({ data, total }) =>
          total === 0 ? (
            <EmptyState
              title="There are no experiments yet"
              text={mayStart ? 'Give one a name and start it.' : 'Ask an operator to start one.'}
            />
          ) : (
            <>
              <ExperimentTable experiments={data} />
              <PageControl
                page={page}
                pages={Math.ceil(total / EXPERIMENTS_PAGE)}
                onPage={(next) => void navigate({ search: next > 1 ? { page: next } : {} })}
              />
            </>
          )
        }
      </QueryState>
    </Stack>
  )
}

function StartExperiment() {
  const { client } = useServices()
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const start = useMutation({
    mutationFn: () => client.experiments.start(name.trim()),
    onSuccess: async () => {
      setName('')
      await forgetExperiments(queries)
    },
  })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (name.trim() !== '') start.mutate()
  }
  return (
    <Stack gap="sm">
      <form className={classes.start} onSubmit={submit} aria-label="Start an experiment">
        <TextInput
          className={classes.startName ?? ''}
          label="Name of a new experiment"
          maxLength={255}
          value={name}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        <Button
          type="submit"
          loading={start.isPending}
          disabled={name.trim() === ''}
          leftSection={<IconPlayerPlay size="1.1rem" stroke={1.75} aria-hidden />}
        >
          Start
        </Button>
      </form>
      {start.error !== null && <Failure title="The experiment was not started" error={start.error} />}
    </Stack>
  )
}
