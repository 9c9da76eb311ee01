import { IconClockExclamation } from '@tabler/icons-react'
import { parseTime } from '@webmacs/contracts'
import { decimalsFor, formatAge, formatValue } from '../../lib/format.ts'
import { type OutputShape, outputText } from '../commands/output-shape.ts'
import { useTicking } from '../live/hooks.ts'
import { QualityMarkLabel } from '../signals/quality-mark.tsx'
import { qualityMarks } from '../signals/quality-marks.ts'
import type { ChannelRow } from './channel-rows.ts'
import classes from './devices.module.css'

/** An age below this is no news: the page asks each second, and slow channels are told by their quality. */
const SHOWN_AGE_MS = 10_000

interface ChannelValueTextProps {
  readonly row: ChannelRow
  /** Of an output: how its values are written. */
  readonly shape?: OutputShape
}

/** What a channel shows now, with unit, quality and, when it is old, its age. */
export function ChannelValueText({ row: { now }, shape }: ChannelValueTextProps) {
  const age = useAge(now?.time)
  if (now === undefined) return <span className={classes.muted}>—</span>
  const { value, quality, unit, min_value, max_value, data_type } = now
  const marks = qualityMarks(quality)
  const text =
    value === null
      ? '—'
      : shape !== undefined
        ? outputText(shape, value)
        : data_type === 'bool'
          ? boolText(value)
          : `${formatValue(value, data_type === 'int' ? 0 : decimalsFor(max_value - min_value))} ${unit}`
  return (
    <>
      <span className={classes.digits}>{text}</span>
      {marks.map((mark, place) => (
        <QualityMarkLabel key={mark.text} mark={mark} isShort={place > 0} />
      ))}
      {age !== undefined && (
        <span className={classes.muted}>
          <IconClockExclamation size="0.9em" stroke={2} aria-hidden /> {age}
        </span>
      )}
    </>
  )
}

const boolText = (value: number): string => (value === 1 ? 'On' : value === 0 ? 'Off' : formatValue(value, 2))

function useAge(time: string | null | undefined): string | undefined {
  const micros = time === null || time === undefined ? undefined : parseTime(time)
  return useTicking((nowMs) => {
    if (micros === undefined) return undefined
    const ageMs = nowMs - micros / 1000
    return ageMs < SHOWN_AGE_MS ? undefined : formatAge(ageMs)
  })
}
