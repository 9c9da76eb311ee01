import type { ReactNode } from 'react'
import { decimalsFor, formatValue } from '../../lib/format.ts'
import { useIsStale, useLiveReading } from '../live/hooks.ts'
import { CardFooter } from './card-footer.tsx'
import { qualityMarks } from './quality-marks.ts'
import { RangeBar } from './range-bar.tsx'
import { positionInRange } from './range-position.ts'
import classes from './signal-card.module.css'
import type { Signal } from './signal-groups.ts'

interface SignalCardProps {
  readonly signal: Signal
  /** What to say while there is no reading at all. */
  readonly absence: ReactNode
}

/** One signal: what it reads, in which unit, how old that is and how far it can be trusted. */
export function SignalCard({ signal: { event, label }, absence }: SignalCardProps) {
  const reading = useLiveReading(event.public_id)
  const isOld = useIsStale(reading)
  const value = reading?.value
  const position = value === undefined ? undefined : positionInRange(value, event.min_value, event.max_value)
  const isOutside = position !== undefined && position.side !== 'inside'
  const marks = qualityMarks(reading?.quality ?? [], isOutside)
  const decimals = decimalsFor(event.max_value - event.min_value)
  const isSwitch = event.type === 'actuator' && event.min_value === 0 && event.max_value === 1
  return (
    <li className={classes.card} data-stale={isOld || undefined} data-tone={marks[0]?.tone}>
      <h3 className={classes.name} title={event.name}>
        {label}
      </h3>
      <p className={classes.reading}>
        <span className={classes.value} data-empty={value === undefined || undefined}>
          {value === undefined ? '—' : isSwitch ? switchText(value, decimals) : formatValue(value, decimals)}
        </span>
        {value !== undefined && !isSwitch && <span className={classes.unit}>{event.unit}</span>}
      </p>
      {!isSwitch && <RangeBar min={event.min_value} max={event.max_value} decimals={decimals} position={position} />}
      <CardFooter reading={reading} isOld={isOld} marks={marks} absence={absence} />
    </li>
  )
}

function switchText(value: number, decimals: number): string {
  if (value === 0 || value === 1) return value === 1 ? 'On' : 'Off'
  return formatValue(value, decimals)
}
