import type { Reading } from '@webmacs/plugin-sdk'

/** What was sent last of a channel. */
export interface SentReading {
  readonly value: number | null
  /** Words, joined. */
  readonly quality: string
  /** Micros. */
  readonly time: number
}

export interface Deadband {
  /** In the unit of the channel; 0: only equal values are left out. undefined: nothing is. */
  readonly deadband: number | undefined
  readonly maxSilenceMs: number
  readonly intervalMs: number
}

export const sentReading = ({ value, quality }: Reading, time: number): SentReading => ({
  value,
  quality: quality.join(),
  time,
})

/**
 * Whether a reading has to go out after what was sent before. Changes are measured from the last value *sent*, so slow drift gets out; a change
 * of quality always does, and so does the reading with which the silence would become longer than allowed.
 */
export function isWorthSending(before: SentReading | undefined, next: SentReading, plan: Deadband): boolean {
  const { deadband, maxSilenceMs, intervalMs } = plan
  if (deadband === undefined || before === undefined) return true
  if (next.quality !== before.quality) return true
  // Cycles begin a little early or late: half an interval tells this one from the next.
  if ((next.time - before.time) / 1000 >= maxSilenceMs - intervalMs / 2) return true
  if (next.value === null || before.value === null) return next.value !== before.value
  const change = Math.abs(next.value - before.value)
  return change > 0 && change >= deadband
}
