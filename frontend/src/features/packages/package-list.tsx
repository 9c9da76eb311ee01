import { Button, Skeleton, Table } from '@mantine/core'
import { IconCircleCheck, IconCircleX, IconLoader2 } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { type PluginPackage, parseTime } from '@webmacs/contracts'
import { useState } from 'react'
import { useServices } from '../../app/services.ts'
import { ConfirmDialog } from '../../components/confirm-dialog.tsx'
import { formatBytes, formatMoment } from '../../lib/format.ts'
import { useMay } from '../auth/use-may.ts'
import classes from './packages.module.css'

interface PackageListProps {
  readonly packages: readonly PluginPackage[]
  readonly onRemoved: () => void
}

/** Every package: what it brings, where it comes from, and whether it is in use. */
export function PackageList({ packages, onRemoved }: PackageListProps) {
  const mayRemove = useMay('DELETE /api/v1/plugins/packages/{id}')
  const [chosen, setChosen] = useState<PluginPackage>()
  return (
    <div className={classes.frame}>
      <Table verticalSpacing="sm" aria-label="Plugin packages">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Package</Table.Th>
            <Table.Th visibleFrom="sm">Drivers</Table.Th>
            <Table.Th visibleFrom="md">Size</Table.Th>
            <Table.Th visibleFrom="md">Installed</Table.Th>
            <Table.Th>State</Table.Th>
            <Table.Th aria-label="Actions" />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {packages.map((entry) => (
            <Table.Tr key={entry.public_id}>
              <Table.Td>
                <div className={classes.name}>{entry.package_name}</div>
                <div className={classes.muted}>
                  {entry.version} · {entry.source === 'bundled' ? 'comes with WebMACS' : 'uploaded'}
                </div>
              </Table.Td>
              <Table.Td visibleFrom="sm">{entry.plugin_ids.join(', ')}</Table.Td>
              <Table.Td visibleFrom="md">
                {entry.file_size_bytes === null ? '—' : formatBytes(entry.file_size_bytes)}
              </Table.Td>
              <Table.Td visibleFrom="md">{momentOf(entry.installed_on)}</Table.Td>
              <Table.Td>
                <PackageStatus entry={entry} />
              </Table.Td>
              <Table.Td ta="right">
                {entry.removable && mayRemove && (
                  <Button
                    size="compact-sm"
                    variant="default"
                    aria-label={`Remove ${entry.package_name}`}
                    onClick={() => setChosen(entry)}
                  >
                    Remove
                  </Button>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <RemovePackage entry={chosen} onRemoved={onRemoved} onClose={() => setChosen(undefined)} />
    </div>
  )
}

const STATUSES = {
  installing: { text: 'Installing', Icon: IconLoader2 },
  ready: { text: 'Ready', Icon: IconCircleCheck },
  failed: { text: 'Failed', Icon: IconCircleX },
} as const satisfies Record<PluginPackage['status'], { text: string; Icon: typeof IconCircleX }>

function PackageStatus({ entry }: { readonly entry: PluginPackage }) {
  const { text, Icon } = STATUSES[entry.status]
  return (
    <>
      <span className={classes.status} data-status={entry.status}>
        <Icon size="1.1em" stroke={2} aria-hidden />
        {text}
      </span>
      {entry.error_message !== null && <div className={classes.problem}>{entry.error_message}</div>}
    </>
  )
}

interface RemovePackageProps {
  /** Undefined: nobody asks. */
  readonly entry: PluginPackage | undefined
  readonly onRemoved: () => void
  readonly onClose: () => void
}

function RemovePackage({ entry, onRemoved, onClose }: RemovePackageProps) {
  const { client } = useServices()
  const remove = useMutation({
    mutationFn: (id: string) => client.plugins.packages.delete(id),
    onSuccess: () => {
      onClose()
      onRemoved()
    },
  })
  return (
    <ConfirmDialog
      isOpen={entry !== undefined}
      title={`Remove ${entry?.package_name ?? 'the package'}?`}
      text={`Its drivers (${entry?.plugin_ids.join(', ') ?? ''}) can no longer be used. A package that devices use is not removed.`}
      action="Remove package"
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => {
        if (entry !== undefined) remove.mutate(entry.public_id)
      }}
      onClose={() => {
        remove.reset()
        onClose()
      }}
    />
  )
}

const momentOf = (time: string): string => {
  const micros = parseTime(time)
  return micros === undefined ? time : formatMoment(micros / 1000)
}

/** Takes the room that the list will take. */
export const PackageSkeleton = () => <Skeleton height="16rem" radius="md" />
