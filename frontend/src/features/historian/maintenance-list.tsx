import { Table } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { MaintenanceRun, MaintenanceTask } from '@webmacs/contracts'
import { useState } from 'react'
import { useServices } from '../../app/services.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { PageControl } from '../../components/page-control.tsx'
import { QueryState } from '../../components/query-state.tsx'
import tables from '../../components/table.module.css'
import { formatCount, formatDuration, formatTimestamp } from '../../lib/format.ts'
import { maintenanceQuery, RUNS_PAGE } from './queries.ts'

const TASKS: Readonly<Record<MaintenanceTask, string>> = {
  partitions: 'Room for the weeks ahead',
  rollups: 'Summaries',
  retention: 'Retention',
  statistics: 'Measuring what is stored',
  jobs: 'Deletions and repairs',
}

/** What the historian did by itself, newest first. */
export function MaintenanceList() {
  const { client } = useServices()
  const [page, setPage] = useState(1)
  const runs = useQuery(maintenanceQuery(client, page))
  return (
    <QueryState query={runs} failure="The runs could not be loaded">
      {({ data, total }) =>
        total === 0 ? (
          <EmptyState title="Nothing was done yet" text="Maintenance runs by itself, every few minutes." />
        ) : (
          <>
            <div className={tables.frame}>
              <Table verticalSpacing="xs" aria-label="Maintenance, newest first">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Task</Table.Th>
                    <Table.Th>Started</Table.Th>
                    <Table.Th visibleFrom="sm">Took</Table.Th>
                    <Table.Th visibleFrom="md">What it did</Table.Th>
                    <Table.Th visibleFrom="lg">Where</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {data.map((run) => (
                    <Table.Tr key={run.id}>
                      <Table.Td>
                        {TASKS[run.task]}
                        {run.error !== null && <div className={tables.muted}>Failed: {run.error}</div>}
                      </Table.Td>
                      <Table.Td className={tables.digits ?? ''}>{formatTimestamp(run.started_on)}</Table.Td>
                      <Table.Td visibleFrom="sm" className={tables.digits ?? ''}>
                        {tookOf(run)}
                      </Table.Td>
                      <Table.Td visibleFrom="md">{countsOf(run)}</Table.Td>
                      <Table.Td visibleFrom="lg" className={tables.muted ?? ''}>
                        {run.runner}
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </div>
            <PageControl page={page} pages={Math.ceil(total / RUNS_PAGE)} onPage={setPage} />
          </>
        )
      }
    </QueryState>
  )
}

function tookOf({ started_on, ended_on }: MaintenanceRun): string {
  if (ended_on === null) return 'under way'
  const ms = Date.parse(ended_on) - Date.parse(started_on)
  return ms < 1000 ? `${ms} ms` : formatDuration(ms)
}

const countsOf = ({ counts }: MaintenanceRun): string =>
  Object.entries(counts)
    .filter(([, count]) => count !== 0)
    .map(([name, count]) => `${formatCount(count)} ${name.replaceAll('_', ' ')}`)
    .join(', ') || 'nothing to do'
