import { parseMoment } from '@webmacs/contracts'
import type { Seconds } from '../trends/signal-trace.ts'
import { liveView, spanOf, type View, zoomTo } from './view.ts'

/** What a chart shows, as the address says it: `last` seconds up to now, or `from` and `to`. */
export interface ChartSearch {
  /** Public ids, with commas between them. */
  readonly events?: string | undefined
  readonly last?: number | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
}

const MINUTE = 60
const HOUR = 3600
const DAY = 86_400
export const PRESETS = [
  { span: 20 * MINUTE, label: '20 min' },
  { span: HOUR, label: '1 h' },
  { span: 6 * HOUR, label: '6 h' },
  { span: DAY, label: '24 h' },
  { span: 7 * DAY, label: '7 d' },
  { span: 30 * DAY, label: '30 d' },
  { span: 90 * DAY, label: '90 d' },
  { span: 365 * DAY, label: '1 y' },
] as const satisfies readonly { span: Seconds; label: string }[]
export const DEFAULT_SPAN: Seconds = 20 * MINUTE

/** Said by name: what is left out here stays as the address has it. */
const NOTHING = { events: undefined, last: undefined, from: undefined, to: undefined }

/** The search of the address, without what means nothing. */
export function chartSearch(search: Record<string, unknown>): ChartSearch {
  const { events, last, from, to } = search
  const chosen = { ...NOTHING, ...(typeof events === 'string' && /^[\w,-]+$/.test(events) ? { events } : {}) }
  if (isMoment(from) && isMoment(to) && secondsOf(from) < secondsOf(to)) return { ...chosen, from, to }
  return { ...chosen, ...(typeof last === 'number' && last > 0 && last < 1e9 ? { last } : {}) }
}

export const eventsOf = ({ events }: ChartSearch): string[] | undefined =>
  events === undefined ? undefined : [...new Set(events.split(',').filter((id) => id !== ''))]

/** @param now what a live view ends with */
export function viewOf({ last, from, to }: ChartSearch, now: Seconds): View {
  if (from !== undefined && to !== undefined) return zoomTo(secondsOf(from), secondsOf(to), now)
  return liveView(last ?? DEFAULT_SPAN, now)
}

export function searchOf(view: View, events: readonly string[]): ChartSearch {
  const chosen = { events: events.join(',') }
  if (view.isLive) return { ...chosen, last: Math.round(spanOf(view) * 1000) / 1000 }
  return { ...chosen, from: isoOf(view.from), to: isoOf(view.to) }
}

/** To the millisecond, UTC: no finer than a pointer can choose. */
export const isoOf = (moment: Seconds): string => new Date(Math.round(moment * 1000)).toISOString()

const isMoment = (text: unknown): text is string => typeof text === 'string' && parseMoment(text) !== undefined
const secondsOf = (text: string): Seconds => (parseMoment(text) ?? 0) / 1e6
