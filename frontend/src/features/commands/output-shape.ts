import type { OutputPolicy } from '@webmacs/contracts'
import { decimalsFor, formatValue } from '../../lib/format.ts'

/** How an output is set: something that is on or off by a switch, anything else by a number. */
export interface OutputShape {
  readonly kind: 'switch' | 'number'
  readonly min: number
  readonly max: number
  readonly unit: string
  readonly decimals: number
  /** Words for values. */
  readonly labels: Readonly<Record<string, string>> | null
}

export interface OutputFacts {
  readonly min: number
  readonly max: number
  readonly unit: string
  readonly decimals?: number | null
  readonly labels?: Readonly<Record<string, string>> | null
  /** Whether it can only be on or off; left out: it is when its range says so. */
  readonly isTwoState?: boolean
  readonly isInteger?: boolean
  readonly policy?: OutputPolicy | undefined
}

/** The limits that people set narrow the range of the device. */
export function outputShape(facts: OutputFacts): OutputShape {
  const { unit, policy } = facts
  const min = Math.max(facts.min, policy?.min ?? facts.min)
  const max = Math.min(facts.max, policy?.max ?? facts.max)
  const isTwoState = facts.isTwoState ?? (facts.min === 0 && facts.max === 1)
  const decimals = facts.decimals ?? (isTwoState || facts.isInteger === true ? 0 : decimalsFor(max - min))
  return { kind: isTwoState ? 'switch' : 'number', min, max, unit, decimals, labels: facts.labels ?? null }
}

/** `42.5 %`, `On`, or the word that the event has for the value. */
export function outputText({ kind, unit, decimals, labels }: OutputShape, value: number): string {
  const label = labels?.[String(value)]
  if (label !== undefined) return label
  if (kind === 'switch' && (value === 0 || value === 1)) return value === 1 ? 'On' : 'Off'
  return kind === 'switch' ? formatValue(value, 2) : `${formatValue(value, decimals)} ${unit}`.trim()
}

/** A step that a hand can feel: about a hundredth of the range, as 1, 2 or 5 times a power of ten. */
export function stepOf({ min, max, decimals }: OutputShape): number {
  const raw = (max - min) / 100
  if (!(raw > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw * 0.999) ?? power
  return Math.max(step, 10 ** -decimals)
}
