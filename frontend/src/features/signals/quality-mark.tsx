import { VisuallyHidden } from '@mantine/core'
import { IconAlertTriangle, IconCircleX, IconDiamond } from '@tabler/icons-react'
import type { MarkTone, QualityMark } from './quality-marks.ts'
import classes from './signal-card.module.css'

const ICONS = { bad: IconCircleX, uncertain: IconAlertTriangle, note: IconDiamond } as const satisfies Record<
  MarkTone,
  typeof IconCircleX
>

/** How far a value can be trusted, by shape, word and colour. Short: the word is left to the tooltip and to assistive technology. */
export function QualityMarkLabel({ mark, isShort }: { readonly mark: QualityMark; readonly isShort: boolean }) {
  const Icon = ICONS[mark.tone]
  return (
    <span className={classes.mark} data-tone={mark.tone} title={mark.text}>
      <Icon size="0.9em" stroke={2.25} aria-hidden />
      {isShort ? <VisuallyHidden>{mark.text}</VisuallyHidden> : mark.text}
    </span>
  )
}
