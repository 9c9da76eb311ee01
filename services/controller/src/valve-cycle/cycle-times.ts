import { type DesiredValveCycle, type Micros, parseTime } from '@webmacs/contracts'

interface Known {
  readonly seconds: number
  readonly time: Micros
}

/** How long the valve is open, and how long it is closed before the cycle ends. */
export type CycleMilliseconds = { readonly openMs: number; readonly closeMs: number }

export const DEFAULT_SECONDS = 1
export const MAX_SECONDS = 3600
const MAX_AHEAD: Micros = 60_000_000

/** The newest values of the two time events, whoever tells them. */
export class CycleTimes {
  #opened: Known | undefined
  #closed: Known | undefined

  /** What the api knew when it told of the cycle. */
  take({ open_seconds, open_seconds_time, close_seconds, close_seconds_time }: DesiredValveCycle): void {
    this.#opened = newer(this.#opened, open_seconds, parseTime(open_seconds_time ?? ''))
    this.#closed = newer(this.#closed, close_seconds, parseTime(close_seconds_time ?? ''))
  }

  /** A reading. */
  hear(which: 'opened' | 'closed', seconds: number, time: Micros, now: Micros): void {
    if (time > now + MAX_AHEAD) return
    if (which === 'opened') this.#opened = newer(this.#opened, seconds, time)
    else this.#closed = newer(this.#closed, seconds, time)
  }

  /** @returns why a cycle cannot be run with them, as a sentence */
  read(): CycleMilliseconds | string {
    const open = this.#opened?.seconds ?? DEFAULT_SECONDS
    const close = this.#closed?.seconds ?? DEFAULT_SECONDS
    if (open > MAX_SECONDS) return tooLong('open time', open)
    if (close > MAX_SECONDS) return tooLong('close time', close)
    return { openMs: Math.max(0, open) * 1000, closeMs: Math.max(0, close) * 1000 }
  }
}

const tooLong = (what: string, seconds: number): string =>
  `The ${what} is ${seconds} s; at most ${MAX_SECONDS} s are possible. The valve was not opened.`

function newer(known: Known | undefined, seconds: number | null, time: Micros | undefined): Known | undefined {
  if (seconds === null || time === undefined || (known !== undefined && time <= known.time)) return known
  return { seconds, time }
}
