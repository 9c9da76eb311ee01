import { Button, Table } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { Datapoint } from '@webmacs/contracts'
import { useMemo } from 'react'
import { useServices } from '../../app/services.ts'
import tables from '../../components/table.module.css'
import { formatTimestamp } from '../../lib/format.ts'
import { useMay } from '../auth/use-may.ts'
import { eventsQuery } from '../signals/queries.ts'
import { experimentNamesQuery } from './queries.ts'

interface DatapointTableProps {
  readonly datapoints: readonly Datapoint[]
  readonly onDelete: (datapoint: Datapoint) => void
}

/** One row a reading, with the names of what it belongs to. */
export function DatapointTable({ datapoints, onDelete }: DatapointTableProps) {
  const { client } = useServices()
  const mayDelete = useMay('DELETE /api/v1/datapoints/{id}')
  const { data: events } = useQuery(eventsQuery(client))
  const { data: experiments } = useQuery(experimentNamesQuery(client))
  const eventsById = useMemo(() => new Map(events?.map((event) => [event.public_id as string, event])), [events])
  const experimentNames = useMemo(
    () => new Map(experiments?.map(({ public_id, name }) => [public_id as string, name])),
    [experiments],
  )
  return (
    <div className={tables.frame}>
      <Table verticalSpacing={6} aria-label="Datapoints, newest first">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Time</Table.Th>
            <Table.Th>Signal</Table.Th>
            <Table.Th ta="right">Value</Table.Th>
            <Table.Th visibleFrom="sm">Quality</Table.Th>
            <Table.Th visibleFrom="md">Experiment</Table.Th>
            {mayDelete && <Table.Th aria-label="Actions" visibleFrom="xs" />}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {datapoints.map((datapoint) => {
            const event = eventsById.get(datapoint.event_public_id)
            const name = event?.name ?? 'Deleted signal'
            return (
              <Table.Tr key={datapoint.public_id}>
                <Table.Td className={tables.digits ?? ''} title={datapoint.timestamp}>
                  {timeOf(datapoint)}
                </Table.Td>
                <Table.Td className={tables.wrap ?? ''}>{name}</Table.Td>
                <Table.Td ta="right" className={tables.digits ?? ''}>
                  {Number(datapoint.value.toPrecision(8))} {event?.unit}
                </Table.Td>
                <Table.Td visibleFrom="sm">{datapoint.quality?.join(', ') || 'good'}</Table.Td>
                <Table.Td visibleFrom="md">
                  {datapoint.experiment_public_id === null
                    ? '—'
                    : (experimentNames.get(datapoint.experiment_public_id) ?? 'Deleted experiment')}
                </Table.Td>
                {mayDelete && (
                  <Table.Td ta="right" visibleFrom="xs">
                    <Button
                      size="compact-xs"
                      variant="default"
                      aria-label={`Delete the datapoint of ${name}, ${timeOf(datapoint)}`}
                      onClick={() => onDelete(datapoint)}
                    >
                      Delete
                    </Button>
                  </Table.Td>
                )}
              </Table.Tr>
            )
          })}
        </Table.Tbody>
      </Table>
    </div>
  )
}

/** With the fraction of a second: many readings lie within one. */
const timeOf = ({ timestamp }: Datapoint): string => {
  const fraction = /\.(\d{3})/.exec(timestamp)?.[1] ?? '000'
  return `${formatTimestamp(timestamp)}.${fraction}`
}
