import { Alert, Button, Group, Text } from '@mantine/core'
import { IconPlugConnectedX } from '@tabler/icons-react'
import { useCallback, useSyncExternalStore } from 'react'
import { useServices } from '../../app/services.ts'
import classes from './connection-banner.module.css'
import { type ConnectionText, describeConnection, describeNextAttempt } from './connection-text.ts'
import { useLiveState } from './hooks.ts'

/** Says at the foot of the page, where it moves nothing, that the values are not what they were, and when the next attempt is due. Absent while all is well. */
export function ConnectionBanner() {
  const { live } = useServices()
  const state = useLiveState()
  const text = describeConnection(state)
  if (text.tone === 'live' || text.tone === 'waiting') return null
  return (
    <Alert
      className={classes.banner}
      data-tone={text.tone}
      color={text.tone === 'lost' ? 'red' : 'yellow'}
      variant="light"
      p="sm"
      icon={<IconPlugConnectedX aria-hidden />}
      role="presentation"
    >
      <Group justify="space-between" gap="sm" wrap="nowrap">
        <Text fz="sm">
          {text.meaning}
          {state.status !== 'live' && <Countdown text={text} />}
        </Text>
        {state.status !== 'live' && (
          <Button size="compact-sm" variant="default" flex="none" onClick={live.retryNow}>
            Try now
          </Button>
        )}
      </Group>
    </Alert>
  )
}

function Countdown({ text }: { readonly text: ConnectionText }) {
  const { ticker } = useServices().live
  const subscribe = useCallback((listener: () => void) => ticker.subscribe(listener), [ticker])
  // The attempt's time is by this device's clock, unlike the readings'.
  const remaining = useSyncExternalStore(subscribe, () => describeNextAttempt(text.nextAttemptAt, Date.now()))
  return <span> – {remaining}</span>
}
