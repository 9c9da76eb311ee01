import { type Timers, wait } from './timers.ts'

export interface VerificationOptions {
  readonly written: number
  readonly tolerance: number
  /** How long the read-back may take; it is asked at least once. */
  readonly withinMs: number
  /** Asks the device once. undefined: it has no value now, or could not be asked. */
  readonly ask: (deadlineMs: number) => Promise<number | undefined>
  readonly timers: Timers
  /** Ends it: another value is being written, or the device is gone. */
  readonly stop: AbortSignal
}

export interface Verdict {
  readonly state: 'confirmed' | 'mismatch' | 'timeout'
  /** What the device said last; null: nothing. */
  readonly readback: number | null
}

const ASK_EVERY_MS = 100

/** Asks the device for its value until it is what was written, or time is up. @returns undefined when it was stopped */
export async function verify(options: VerificationOptions): Promise<Verdict | undefined> {
  const { written, tolerance, withinMs, ask, timers, stop } = options
  const startedMs = timers.uptimeMs()
  const passedMs = (): number => timers.uptimeMs() - startedMs
  let readback: number | null = null
  for (;;) {
    const value = await ask(Math.max(withinMs - passedMs(), ASK_EVERY_MS))
    if (stop.aborted) return undefined
    if (value !== undefined) readback = value
    if (value !== undefined && isWithin(value, written, tolerance)) return { state: 'confirmed', readback }
    if (passedMs() + ASK_EVERY_MS > withinMs) return { state: readback === null ? 'timeout' : 'mismatch', readback }
    await wait(ASK_EVERY_MS, timers, stop)
    if (stop.aborted) return undefined
  }
}

/** Sums of binary fractions are not exact: 0.3 is within 0.1 of 0.2. */
const ROUNDING = 1e-9

export function isWithin(value: number, wanted: number, tolerance: number): boolean {
  return Math.abs(value - wanted) <= tolerance + ROUNDING * Math.max(1, Math.abs(wanted))
}
