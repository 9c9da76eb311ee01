import { Button, Container, Group, Stack, Text, Title } from '@mantine/core'
import type { ErrorComponentProps } from '@tanstack/react-router'

/** Stands in for a page that broke, for instance because its code could not be fetched after an update. */
export function ErrorPage({ error }: ErrorComponentProps) {
  return (
    <Container component="main" size="xs" py={80}>
      <Stack gap="sm">
        <Title order={1}>This page could not be shown</Title>
        <Text>{error instanceof Error ? error.message : 'Something unexpected went wrong.'}</Text>
        <Group>
          <Button onClick={() => window.location.reload()}>Reload the page</Button>
        </Group>
      </Stack>
    </Container>
  )
}
