import { IconCaretLeftFilled, IconCaretRightFilled } from '@tabler/icons-react'
import { formatValue } from '../../lib/format.ts'
import type { RangePosition } from './range-position.ts'
import classes from './signal-card.module.css'

interface RangeBarProps {
  readonly min: number
  readonly max: number
  readonly decimals: number
  /** Undefined before the first reading. */
  readonly position: RangePosition | undefined
}

/** Where the value stands between the ends of its range; an arrow at the end where it left it. The value itself stands above in digits. */
export function RangeBar({ min, max, decimals, position }: RangeBarProps) {
  const digits = Number.isInteger(min) && Number.isInteger(max) ? 0 : decimals
  return (
    <div>
      <div className={classes.track} aria-hidden data-side={position?.side}>
        <div className={classes.fill} style={{ transform: `scaleX(${(position?.percent ?? 0) / 100})` }} />
        {position?.side === 'below' && <IconCaretLeftFilled className={classes.beyond} data-side="below" />}
        {position?.side === 'above' && <IconCaretRightFilled className={classes.beyond} data-side="above" />}
      </div>
      <div className={classes.ends}>
        <span>{formatValue(min, digits)}</span>
        <span>{formatValue(max, digits)}</span>
      </div>
    </div>
  )
}
