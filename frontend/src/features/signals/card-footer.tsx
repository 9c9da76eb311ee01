import { IconClockExclamation } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { formatAge } from '../../lib/format.ts'
import { useTicking } from '../live/hooks.ts'
import type { LiveReading } from '../live/reading-store.ts'
import { QualityMarkLabel } from './quality-mark.tsx'
import type { QualityMark } from './quality-marks.ts'
import classes from './signal-card.module.css'

interface CardFooterProps {
  readonly reading: LiveReading | undefined
  readonly isOld: boolean
  readonly marks: readonly QualityMark[]
  /** What to say while there is no reading at all. */
  readonly absence: ReactNode
}

/** How old a reading is and how far it can be trusted. */
export function CardFooter({ reading, isOld, marks, absence }: CardFooterProps) {
  return (
    <p className={classes.footer}>
      {reading === undefined ? absence : <Age reading={reading} isOld={isOld} />}
      <span className={classes.marks}>
        {marks.map((mark, place) => (
          <QualityMarkLabel key={mark.text} mark={mark} isShort={place > 0} />
        ))}
      </span>
    </p>
  )
}

const staleText = (isOld: boolean, age: string): string => {
  if (!isOld) return age
  return age === 'just now' ? 'Stale' : `Stale, ${age}`
}

function Age({ reading, isOld }: { readonly reading: LiveReading; readonly isOld: boolean }) {
  const { time } = reading
  const text = useTicking((nowMs) => (time === undefined ? 'Never read' : formatAge(nowMs - time / 1000)))
  return (
    <span className={classes.age}>
      {isOld && <IconClockExclamation size="1em" stroke={2} aria-hidden />}
      {staleText(isOld, text)}
    </span>
  )
}
