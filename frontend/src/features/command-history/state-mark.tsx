import { IconBan, IconCircleCheck, IconCircleX, IconPencilCheck, IconSend } from '@tabler/icons-react'
import type { CommandState } from '@webmacs/contracts'
import { STATE_TEXTS, type StateTone } from '../commands/command-states.ts'
import classes from './command-history.module.css'

const ICONS = {
  open: IconSend,
  written: IconPencilCheck,
  good: IconCircleCheck,
  bad: IconCircleX,
  void: IconBan,
} as const satisfies Record<StateTone, typeof IconSend>

/** A state by shape, words and colour. */
export function StateMark({ state }: { readonly state: CommandState }) {
  const { text, tone } = STATE_TEXTS[state]
  const Icon = ICONS[tone]
  return (
    <span className={classes.state} data-tone={tone}>
      <Icon size="1.1em" stroke={2} aria-hidden />
      {text}
    </span>
  )
}
