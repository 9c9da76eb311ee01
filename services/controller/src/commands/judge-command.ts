import type { OutputLimits } from './output-limits.ts'

/** What an output was last known to have. */
export interface KnownValue {
  readonly value: number
  /** By a clock that is never set, milliseconds; −∞: before this controller started. */
  readonly sinceMs: number
}

export interface WantedValue {
  readonly value: number
  /** undefined: whatever it is. */
  readonly expectedPrevious: number | undefined
}

export type Verdict =
  | { readonly ok: true; readonly value: number; readonly clamped: boolean }
  /** With the reason as a sentence. */
  | { readonly ok: false; readonly detail: string }

/** Whether an output may be set to a value now, and to which. */
export function judgeCommand(
  { value: wanted, expectedPrevious }: WantedValue,
  limits: OutputLimits,
  known: KnownValue | undefined,
  nowMs: number,
): Verdict {
  const { min, max, unit } = limits
  if (min > max)
    return refused(`The limits of this output leave no value: least ${min} ${unit}, greatest ${max} ${unit}.`)
  const value = Math.min(Math.max(wanted, min), max)
  if (value !== wanted && limits.outOfRange === 'refuse') return refused(`${wanted} ${unit} ${beyond(wanted, limits)}.`)
  const objection = objectionToPrevious(expectedPrevious, limits, known) ?? objectionToPace(value, limits, known, nowMs)
  return objection === undefined ? { ok: true, value, clamped: value !== wanted } : refused(objection)
}

const refused = (detail: string): Verdict => ({ ok: false, detail })

const beyond = (value: number, { min, max, unit }: OutputLimits): string =>
  value < min
    ? `is below the least value of this output, ${min} ${unit}`
    : `is above the greatest value of this output, ${max} ${unit}`

function objectionToPrevious(
  expected: number | undefined,
  { tolerance, unit }: OutputLimits,
  known: KnownValue | undefined,
): string | undefined {
  if (expected === undefined) return undefined
  if (known === undefined) return `The output was expected to have ${expected} ${unit}, and what it has is not known.`
  if (Math.abs(known.value - expected) <= tolerance) return undefined
  return `The output has ${known.value} ${unit}, not ${expected} ${unit} as expected.`
}

/** A value of which nothing is known, or that stands since before the start, limits no pace. */
function objectionToPace(
  value: number,
  { maxRate, minIntervalMs, unit }: OutputLimits,
  known: KnownValue | undefined,
  nowMs: number,
): string | undefined {
  if (known === undefined) return undefined
  const passedMs = nowMs - known.sinceMs
  if (passedMs < minIntervalMs)
    return `The output was set ${Math.floor(passedMs)} ms ago; ${minIntervalMs} ms must lie between two writes.`
  if (maxRate === undefined || Math.abs(value - known.value) <= (maxRate * passedMs) / 1000) return undefined
  return `From ${known.value} ${unit} to ${value} ${unit} after ${(passedMs / 1000).toFixed(1)} s is faster than ${maxRate} ${unit} a second.`
}
