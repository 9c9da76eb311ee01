import { VisuallyHidden } from '@mantine/core'
import { IconArrowRight } from '@tabler/icons-react'
import classes from './output.module.css'
import { type OutputShape, outputText } from './output-shape.ts'
import { isOpen, type OutputState, valueUnderWay } from './output-state.ts'

interface OutputGhostProps {
  readonly state: OutputState
  /** What is read. */
  readonly value: number | undefined
  readonly shape: OutputShape
}

/** The value on its way, beside the one that is read, until both are the same on screen. */
export function OutputGhost({ state, value, shape }: OutputGhostProps) {
  const wanted = valueUnderWay(state)
  if (state === undefined || wanted === undefined) return null
  const text = outputText(shape, wanted)
  if (value !== undefined && outputText(shape, value) === text) return null
  return (
    <span className={classes.ghost} data-open={isOpen(state) || undefined}>
      <IconArrowRight size="0.8em" stroke={2} aria-hidden />
      <VisuallyHidden>to become </VisuallyHidden>
      {text}
    </span>
  )
}
