import { Button, Checkbox, Popover, ScrollArea, Stack, Text } from '@mantine/core'
import { IconChartLine } from '@tabler/icons-react'
import type { SignalGroup } from '../signals/signal-groups.ts'
import { type PlanLimits, TREND_LIMITS } from './chart-plan.ts'

const NUMBERS = ['no', 'one', 'two', 'three', 'four'] as const

interface SignalPickerProps {
  readonly groups: readonly SignalGroup[]
  readonly chosen: readonly string[]
  readonly onChange: (eventIds: string[]) => void
  readonly limits?: PlanLimits
}

/** Chooses which signals the chart draws. */
export function SignalPicker({ groups, chosen, onChange, limits = TREND_LIMITS }: SignalPickerProps) {
  const isFull = chosen.length >= limits.plotted
  const toggle = (eventId: string): void =>
    onChange(chosen.includes(eventId) ? chosen.filter((id) => id !== eventId) : [...chosen, eventId])
  return (
    <Popover position="bottom-end" shadow="md" width="20rem" trapFocus withinPortal>
      <Popover.Target>
        <Button size="xs" variant="default" leftSection={<IconChartLine size="1rem" stroke={1.75} aria-hidden />}>
          Signals ({chosen.length})
        </Button>
      </Popover.Target>
      <Popover.Dropdown p={0} aria-label="Signals of the chart">
        <ScrollArea.Autosize mah="min(24rem, 60dvh)" type="auto">
          <Stack gap="md" p="md">
            <Text fz="xs" c="dimmed">
              Up to {limits.plotted} signals in at most {NUMBERS[limits.axes] ?? limits.axes} units.
            </Text>
            {groups.map((group) => (
              <Stack key={group.id} gap="xs" component="fieldset" bd={0} p={0} m={0}>
                <Text component="legend" fz="sm" fw={600} p={0} mb={4}>
                  {group.title}
                </Text>
                {[...group.sensors, ...group.controls].map(({ event, label }) => (
                  <Checkbox
                    key={event.public_id}
                    size="sm"
                    label={`${label} (${event.unit})`}
                    checked={chosen.includes(event.public_id)}
                    disabled={isFull && !chosen.includes(event.public_id)}
                    onChange={() => toggle(event.public_id)}
                  />
                ))}
              </Stack>
            ))}
          </Stack>
        </ScrollArea.Autosize>
      </Popover.Dropdown>
    </Popover>
  )
}
