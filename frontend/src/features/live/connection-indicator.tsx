import { Tooltip, VisuallyHidden } from '@mantine/core'
import { IconBolt, IconLoader2, IconPlugConnectedX, IconRefresh } from '@tabler/icons-react'
import classes from './connection-indicator.module.css'
import { type ConnectionTone, describeConnection } from './connection-text.ts'
import { useLiveState } from './hooks.ts'

const ICONS = {
  live: IconBolt,
  polling: IconRefresh,
  waiting: IconLoader2,
  lost: IconPlugConnectedX,
} as const satisfies Record<ConnectionTone, typeof IconBolt>

/** How values arrive, by shape, word and colour. A change of it is announced, the countdown is not. */
export function ConnectionIndicator() {
  const { tone, label, meaning } = describeConnection(useLiveState())
  const Icon = ICONS[tone]
  return (
    <Tooltip label={meaning} multiline maw={280}>
      <div className={classes.indicator} data-tone={tone} role="status" aria-label="Connection">
        <Icon size="1.1rem" stroke={2} aria-hidden />
        <span>{label}</span>
        <VisuallyHidden>: {meaning}</VisuallyHidden>
      </div>
    </Tooltip>
  )
}
