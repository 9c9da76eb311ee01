import type { ReactNode } from 'react'
import { OutputControl } from '../commands/output-control.tsx'
import { OutputGhost } from '../commands/output-ghost.tsx'
import { outputShape, outputText } from '../commands/output-shape.ts'
import { useOutput } from '../commands/use-output.ts'
import { useIsStale, useLiveReading } from '../live/hooks.ts'
import { CardFooter } from './card-footer.tsx'
import { qualityMarks } from './quality-marks.ts'
import { positionInRange } from './range-position.ts'
import classes from './signal-card.module.css'
import type { Signal } from './signal-groups.ts'

interface OutputCardProps {
  readonly signal: Signal
  readonly absence: ReactNode
}

/** A signal that can be set: what it reads, what was asked for and what became of it. */
export function OutputCard({ signal: { event, label, channel }, absence }: OutputCardProps) {
  const reading = useLiveReading(event.public_id)
  const isOld = useIsStale(reading)
  const output = useOutput({ event_public_id: event.public_id })
  const value = reading?.value
  const shape = outputShape({
    min: event.min_value,
    max: event.max_value,
    unit: event.unit,
    decimals: event.decimals,
    labels: event.value_labels,
    policy: channel?.settings.output,
  })
  const isOutside = value !== undefined && positionInRange(value, event.min_value, event.max_value).side !== 'inside'
  const marks = qualityMarks(reading?.quality ?? [], isOutside)
  return (
    <li className={classes.card} data-stale={isOld || undefined} data-tone={marks[0]?.tone}>
      <h3 className={classes.name} title={event.name}>
        {label}
      </h3>
      <p className={classes.reading}>
        <span className={classes.value} data-empty={value === undefined || undefined}>
          {value === undefined ? '—' : outputText({ ...shape, unit: '' }, value)}
        </span>
        {value !== undefined && shape.kind === 'number' && <span className={classes.unit}>{event.unit}</span>}
        <OutputGhost state={output.state} value={value} shape={shape} />
      </p>
      <OutputControl name={label} shape={shape} value={value} output={output} />
      <CardFooter reading={reading} isOld={isOld} marks={marks} absence={absence} />
    </li>
  )
}
