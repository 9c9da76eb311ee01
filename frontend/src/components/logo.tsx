import { Group, Text } from '@mantine/core'

/** The mark and the name; decoration to assistive technology apart from the name. */
export function Logo() {
  return (
    <Group gap="xs" wrap="nowrap">
      <img src="/icon.svg" alt="" width={28} height={28} />
      <Text fw={700} fz="lg" lh={1} style={{ letterSpacing: '-0.01em' }}>
        WebMACS
      </Text>
    </Group>
  )
}
