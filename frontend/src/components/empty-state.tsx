import { Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'

interface EmptyStateProps {
  readonly title: string
  readonly text: string
  /** What leads on. */
  readonly children?: ReactNode
}

/** Stands where a list would, and says how the first entry comes about. */
export function EmptyState({ title, text, children }: EmptyStateProps) {
  return (
    <Stack gap="xs" align="center" py="xl" px="md">
      <Text fw={600}>{title}</Text>
      <Text c="dimmed" ta="center" maw="34rem">
        {text}
      </Text>
      {children}
    </Stack>
  )
}
