import { CloseButton } from '@mantine/core'
import { IconCircleCheck, IconCircleX, IconPencilCheck, IconSend } from '@tabler/icons-react'
import classes from './output.module.css'
import type { OutputShape } from './output-shape.ts'
import { type OutputPhase, phaseOf } from './output-state.ts'
import { describeAsked } from './output-text.ts'
import type { OutputHandle } from './use-output.ts'

const ICONS = {
  asked: IconSend,
  written: IconPencilCheck,
  confirmed: IconCircleCheck,
  unverified: IconPencilCheck,
  failed: IconCircleX,
} as const satisfies Record<OutputPhase, typeof IconSend>

/** What became of the last request, by shape, words and colour. Keeps its room while there is none, so that nothing moves. */
export function OutputStatus({ output, shape }: { readonly output: OutputHandle; readonly shape: OutputShape }) {
  const { state, dismiss } = output
  const phase = state === undefined ? undefined : phaseOf(state)
  const Icon = phase === undefined ? undefined : ICONS[phase]
  return (
    <div className={classes.status} data-phase={phase}>
      <p role="status" className={classes.news}>
        {Icon !== undefined && <Icon className={classes.icon} size="1.1em" stroke={2.25} aria-hidden />}
        {state !== undefined && <span>{describeAsked(state, shape)}</span>}
      </p>
      {phase === 'failed' && <CloseButton size="sm" aria-label="Dismiss the message" onClick={dismiss} />}
    </div>
  )
}
