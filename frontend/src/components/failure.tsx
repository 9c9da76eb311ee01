import { Alert, Button, Stack, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { ClientError } from '@webmacs/client'

interface FailureProps {
  /** What could not be done, as a sentence without a full stop. */
  readonly title: string
  /** Null while it is being tried again. */
  readonly error: Error | null
  readonly onRetry?: () => void
}

/** Says what failed, why, and lets the user try again. */
export function Failure({ title, error, onRetry }: FailureProps) {
  const traceId = error instanceof ClientError ? error.traceId : undefined
  return (
    <Alert color="red" variant="light" title={title} icon={<IconAlertTriangle aria-hidden />} role="alert">
      <Stack gap="xs" align="flex-start">
        <Text fz="sm">{error?.message ?? 'Trying again …'}</Text>
        {traceId !== undefined && (
          <Text fz="xs" c="dimmed">
            Request {traceId}
          </Text>
        )}
        {onRetry !== undefined && (
          <Button size="xs" variant="default" loading={error === null} onClick={onRetry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  )
}
