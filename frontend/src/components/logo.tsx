import { Group, Text } from '@mantine/core'
import classes from './logo.module.css'

interface LogoProps {
  /** Leaves the name to assistive technology where a phone has no room for it. */
  readonly isCompact?: boolean
}

/** The mark and the name; the mark is decoration. */
export function Logo({ isCompact = false }: LogoProps) {
  return (
    <Group gap="xs" wrap="nowrap">
      <img src="/icon.svg" alt="" width={28} height={28} />
      <Text
        className={classes.name}
        data-compact={isCompact || undefined}
        fw={700}
        fz="lg"
        lh={1}
        style={{ letterSpacing: '-0.01em' }}
      >
        WebMACS
      </Text>
    </Group>
  )
}
