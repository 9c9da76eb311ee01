import { Badge, Button, Group, Progress, Table } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Export, ExportState } from '@webmacs/contracts'
import { useState } from 'react'
import { useServices } from '../../app/services.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { PageControl } from '../../components/page-control.tsx'
import { QueryState } from '../../components/query-state.tsx'
import tables from '../../components/table.module.css'
import { formatBytes, formatCount, formatTimestamp } from '../../lib/format.ts'
import { linkOf } from './download-links.ts'
import { EXPORTS_KEY, EXPORTS_PAGE, exportsQuery, isUnderWay } from './queries.ts'

const STATES: Readonly<Record<ExportState, { readonly text: string; readonly color: string }>> = {
  waiting: { text: 'Waiting', color: 'gray' },
  running: { text: 'Being made', color: 'rig' },
  done: { text: 'Done', color: 'green' },
  failed: { text: 'Failed', color: 'red' },
  cancelled: { text: 'Cancelled', color: 'gray' },
  expired: { text: 'Expired', color: 'gray' },
}

/** What was exported, with its files. */
export function ExportList() {
  const { client } = useServices()
  const [page, setPage] = useState(1)
  const exports = useQuery(exportsQuery(client, page))
  return (
    <QueryState query={exports} failure="The exports could not be loaded">
      {({ data, total }) =>
        total === 0 ? (
          <EmptyState title="Nothing was exported yet" text="Export an experiment, or what a chart shows." />
        ) : (
          <>
            <div className={tables.frame}>
              <Table verticalSpacing="xs" aria-label="Exports, newest first">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>File</Table.Th>
                    <Table.Th visibleFrom="md">Asked for</Table.Th>
                    <Table.Th visibleFrom="sm">Rows</Table.Th>
                    <Table.Th visibleFrom="md">Size</Table.Th>
                    <Table.Th>State</Table.Th>
                    <Table.Th aria-label="Actions" />
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {data.map((entry) => (
                    <ExportRow key={entry.public_id} entry={entry} />
                  ))}
                </Table.Tbody>
              </Table>
            </div>
            <PageControl page={page} pages={Math.ceil(total / EXPORTS_PAGE)} onPage={setPage} />
          </>
        )
      }
    </QueryState>
  )
}

function ExportRow({ entry }: { readonly entry: Export }) {
  const { client } = useServices()
  const queries = useQueryClient()
  const remove = useMutation({
    mutationFn: () => client.exports.delete(entry.public_id),
    onSettled: () => queries.invalidateQueries({ queryKey: [...EXPORTS_KEY] }),
  })
  const { state, rows, expected_rows } = entry
  const link = state === 'done' && entry.delivery === 'file' ? linkOf(localStorage, entry.public_id) : undefined
  const isOpen = isUnderWay(state)
  return (
    <Table.Tr>
      <Table.Td className={tables.wrap ?? ''}>{entry.file_name}</Table.Td>
      <Table.Td visibleFrom="md" className={tables.digits ?? ''}>
        {formatTimestamp(entry.created_on)}
      </Table.Td>
      <Table.Td visibleFrom="sm" className={tables.digits ?? ''}>
        {formatCount(rows)}
        {isOpen && expected_rows !== null && ` of ${formatCount(expected_rows)}`}
      </Table.Td>
      <Table.Td visibleFrom="md" className={tables.digits ?? ''}>
        {formatBytes(entry.bytes)}
      </Table.Td>
      <Table.Td>
        <Badge variant="default" color={STATES[state].color}>
          {STATES[state].text}
        </Badge>
        {isOpen && expected_rows !== null && expected_rows > 0 && (
          <Progress mt={6} size="sm" value={Math.min(100, (rows / expected_rows) * 100)} aria-label="Rows made" />
        )}
        <div className={tables.muted}>
          {entry.error ??
            (state === 'done' && entry.delivery === 'file' ? `until ${formatTimestamp(entry.expires_on)}` : '')}
        </div>
      </Table.Td>
      <Table.Td>
        <Group gap="xs" justify="flex-end">
          {link !== undefined && (
            <Button component="a" href={link} download size="compact-sm" aria-label={`Download ${entry.file_name}`}>
              Download
            </Button>
          )}
          {(isOpen || (state === 'done' && entry.delivery === 'file')) && (
            <Button
              size="compact-sm"
              variant="default"
              loading={remove.isPending}
              aria-label={`${isOpen ? 'Cancel' : 'Remove'} ${entry.file_name}`}
              onClick={() => remove.mutate()}
            >
              {isOpen ? 'Cancel' : 'Remove'}
            </Button>
          )}
        </Group>
      </Table.Td>
    </Table.Tr>
  )
}
