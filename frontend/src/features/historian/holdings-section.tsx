import { Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { Holdings } from '@webmacs/contracts'
import { useState } from 'react'
import { useServices } from '../../app/services.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { PageControl } from '../../components/page-control.tsx'
import { QueryState } from '../../components/query-state.tsx'
import { Section } from '../../components/section.tsx'
import tables from '../../components/table.module.css'
import { formatBytes, formatCount, formatDate, formatTimestamp } from '../../lib/format.ts'
import classes from './historian.module.css'
import { eventHoldingsQuery, HOLDINGS_PAGE, holdingsQuery } from './queries.ts'

/** What is stored: how much, how fast it grows, and of which events. */
export function HoldingsSection() {
  const { client } = useServices()
  const holdings = useQuery(holdingsQuery(client))
  return (
    <Section title="What is stored">
      <QueryState query={holdings} failure="What is stored could not be loaded" height="7rem">
        {(data) => <Figures holdings={data} />}
      </QueryState>
      <EventTable />
    </Section>
  )
}

function Figures({ holdings }: { readonly holdings: Holdings }) {
  const { datapoint_bytes, rollup_bytes, bytes_per_datapoint, disk_total_bytes, disk_free_bytes, full_on } = holdings
  const figures = [
    { name: 'Datapoints', value: formatCount(holdings.datapoints), note: perDatapoint(bytes_per_datapoint) },
    {
      name: 'On the disk',
      value: formatBytes(datapoint_bytes + rollup_bytes),
      note: `${formatBytes(rollup_bytes)} of it summaries`,
    },
    { name: 'Added a day', value: formatBytes(holdings.bytes_per_day), note: "at today's rate" },
    {
      name: 'Free on the disk',
      value: disk_free_bytes === null ? 'not known' : formatBytes(disk_free_bytes),
      note: disk_total_bytes === null ? '' : `of ${formatBytes(disk_total_bytes)}`,
    },
    {
      name: 'Disk full',
      value: full_on === null ? 'not foreseen' : formatDate(full_on),
      note: full_on === null ? '' : "at today's rate",
    },
  ]
  return (
    <>
      <dl className={classes.figures}>
        {figures.map(({ name, value, note }) => (
          <div key={name} className={classes.figure}>
            <dt>{name}</dt>
            <dd>
              {value}
              {note !== '' && <span>{note}</span>}
            </dd>
          </div>
        ))}
      </dl>
      <Text fz="xs" c="dimmed">
        {holdings.measured_on === null ? 'Not measured yet.' : `Measured ${formatTimestamp(holdings.measured_on)}.`}
      </Text>
    </>
  )
}

const perDatapoint = (bytes: number | null): string => (bytes === null ? '' : `${bytes.toFixed(0)} bytes each`)

function EventTable() {
  const { client } = useServices()
  const [page, setPage] = useState(1)
  const events = useQuery(eventHoldingsQuery(client, page))
  return (
    <QueryState query={events} failure="The signals could not be loaded">
      {({ data, total }) =>
        total === 0 ? (
          <EmptyState
            title="Nothing was counted yet"
            text="What devices read is kept here, and counted every minute or so."
          />
        ) : (
          <>
            <Table verticalSpacing="xs" aria-label="Stored, by signal">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Signal</Table.Th>
                  <Table.Th ta="right">Datapoints</Table.Th>
                  <Table.Th ta="right" visibleFrom="xs">
                    Size
                  </Table.Th>
                  <Table.Th visibleFrom="md">First</Table.Th>
                  <Table.Th visibleFrom="sm">Last</Table.Th>
                  <Table.Th ta="right" visibleFrom="sm">
                    A second
                  </Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {data.map((event) => (
                  <Table.Tr key={event.event_public_id}>
                    <Table.Td>
                      <span className={tables.wrap}>{event.event_name}</span>
                      {event.retired && <div className={tables.muted}>Deleted; what it measured stays</div>}
                    </Table.Td>
                    <Table.Td ta="right" className={tables.digits ?? ''}>
                      {formatCount(event.datapoints)}
                    </Table.Td>
                    <Table.Td ta="right" visibleFrom="xs" className={tables.digits ?? ''}>
                      {formatBytes(event.bytes)}
                    </Table.Td>
                    <Table.Td visibleFrom="md" className={tables.digits ?? ''}>
                      {formatTimestamp(event.first_on)}
                    </Table.Td>
                    <Table.Td visibleFrom="sm" className={tables.digits ?? ''}>
                      {formatTimestamp(event.last_on)}
                    </Table.Td>
                    <Table.Td ta="right" visibleFrom="sm" className={tables.digits ?? ''}>
                      {Number(event.per_second.toPrecision(3))}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
            <PageControl page={page} pages={Math.ceil(total / HOLDINGS_PAGE)} onPage={setPage} />
          </>
        )
      }
    </QueryState>
  )
}
