import { IconClockExclamation } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { decimalsFor, formatAge, formatValue } from '../../lib/format.ts'
import { useIsStale, useLiveReading, useTicking } from '../live/hooks.ts'
import type { LiveReading } from '../live/reading-store.ts'
import { QualityMarkLabel } from './quality-mark.tsx'
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
  return (
    <li className={classes.card} data-stale={isOld || undefined} data-tone={marks[0]?.tone}>
      <h3 className={classes.name} title={event.name}>
        {label}
      </h3>
      <p className={classes.reading}>
        <span className={classes.value} data-empty={value === undefined || undefined}>
          {value === undefined ? '—' : valueText(event.type, value, decimals)}
        </span>
        {value !== undefined && event.type !== 'actuator' && <span className={classes.unit}>{event.unit}</span>}
      </p>
      {event.type !== 'actuator' && (
        <RangeBar min={event.min_value} max={event.max_value} decimals={decimals} position={position} />
      )}
      <p className={classes.footer}>
        {reading === undefined ? absence : <Age reading={reading} isOld={isOld} />}
        <span className={classes.marks}>
          {marks.map((mark, place) => (
            <QualityMarkLabel key={mark.text} mark={mark} isShort={place > 0} />
          ))}
        </span>
      </p>
    </li>
  )
}

function valueText(type: Signal['event']['type'], value: number, decimals: number): string {
  if (type === 'actuator' && (value === 0 || value === 1)) return value === 1 ? 'On' : 'Off'
  return formatValue(value, decimals)
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
