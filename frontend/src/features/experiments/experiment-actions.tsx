import { ActionIcon, Button, Group, Menu } from '@mantine/core'
import { IconChartLine, IconDots, IconDownload, IconEraser, IconPencil, IconTrash } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { Experiment } from '@webmacs/contracts'
import { useMay } from '../auth/use-may.ts'
import { chartOf } from './chart-of.ts'
import type { ExperimentAction } from './experiment-dialogs.tsx'

interface ExperimentActionsProps {
  readonly experiment: Experiment
  readonly isStopping: boolean
  readonly onStop: () => void
  readonly onAction: (kind: ExperimentAction['kind']) => void
}

const ICON = { size: '1rem', stroke: 1.75, 'aria-hidden': true } as const

/** What the user may do with an experiment: the likeliest beside it, the rest in a menu. */
export function ExperimentActions({ experiment, isStopping, onStop, onAction }: ExperimentActionsProps) {
  const mayStop = useMay('PUT /api/v1/experiments/{id}/stop')
  const mayRename = useMay('PUT /api/v1/experiments/{id}')
  const mayDelete = useMay('DELETE /api/v1/experiments/{id}')
  const mayDeleteData = useMay('POST /api/v1/datapoints/deletions')
  const mayExport = useMay('POST /api/v1/exports')
  const { name, started_on, stopped_on } = experiment
  const isRunning = started_on !== null && stopped_on === null
  return (
    <Group gap="xs" justify="flex-end" wrap="nowrap">
      {isRunning && mayStop && (
        <Button size="compact-sm" variant="default" loading={isStopping} aria-label={`Stop ${name}`} onClick={onStop}>
          Stop
        </Button>
      )}
      {mayExport && !isRunning && (
        <Button
          size="compact-sm"
          variant="default"
          visibleFrom="sm"
          aria-label={`Export ${name}`}
          onClick={() => onAction('export')}
        >
          Export…
        </Button>
      )}
      <Menu position="bottom-end" shadow="md" withinPortal>
        <Menu.Target>
          <ActionIcon variant="default" aria-label={`More of ${name}`}>
            <IconDots {...ICON} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconChartLine {...ICON} />}
            renderRoot={(props) => <Link {...props} to="/charts" search={chartOf(experiment)} />}
          >
            Chart
          </Menu.Item>
          {mayExport && (
            <Menu.Item leftSection={<IconDownload {...ICON} />} onClick={() => onAction('export')}>
              Export…
            </Menu.Item>
          )}
          {mayRename && (
            <Menu.Item leftSection={<IconPencil {...ICON} />} onClick={() => onAction('rename')}>
              Rename…
            </Menu.Item>
          )}
          {(mayDelete || mayDeleteData) && <Menu.Divider />}
          {mayDelete && (
            <Menu.Item leftSection={<IconTrash {...ICON} />} onClick={() => onAction('delete')}>
              Delete experiment…
            </Menu.Item>
          )}
          {mayDeleteData && (
            <Menu.Item leftSection={<IconEraser {...ICON} />} onClick={() => onAction('delete-data')}>
              Delete its data…
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
    </Group>
  )
}
