import type { Seconds } from '../trends/signal-trace.ts'

/** The part of time that a chart shows; `isLive`: its end follows the present. */
export interface View {
  readonly from: Seconds
  readonly to: Seconds
  readonly isLive: boolean
}

/** Below this there is nothing between two readings. */
export const MIN_SPAN: Seconds = 0.1
/** Ten years and a bit. */
export const MAX_SPAN: Seconds = 3660 * 86_400
/** 1970; what lies before was not measured by this. */
const EARLIEST: Seconds = 0
/** The server takes datapoints from up to a day ahead. */
export const AHEAD: Seconds = 86_400

export const spanOf = ({ from, to }: Pick<View, 'from' | 'to'>): Seconds => to - from

export const liveView = (span: Seconds, now: Seconds): View => ({ from: now - span, to: now, isLive: true })

/** The view at another moment: one that follows the present has moved on. */
export const viewAt = (view: View, now: Seconds): View => (view.isLive ? liveView(spanOf(view), now) : view)

/**
 * Shows a part or more around `anchor`, which stays where it is on the screen. A live view stays live while its end is the anchor.
 * @param factor of the span: below 1 shows less
 */
export function zoom(view: View, factor: number, anchor: Seconds, now: Seconds): View {
  const span = Math.min(MAX_SPAN, Math.max(MIN_SPAN, spanOf(view) * factor))
  const share = (anchor - view.from) / spanOf(view)
  const from = anchor - share * span
  return bounded({ from, to: from + span, isLive: view.isLive && share >= 0.999 }, now)
}

/** Moves on by a share of what is shown; towards the past it stops following the present. */
export const pan = (view: View, share: number, now: Seconds): View => panBy(view, share * spanOf(view), now)

export function panBy(view: View, by: Seconds, now: Seconds): View {
  if (by === 0) return view
  const moved = bounded({ from: view.from + by, to: view.to + by, isLive: false }, now)
  return view.isLive && by > 0 ? view : moved
}

/** Exactly this part, whichever way round it was drawn. */
export function zoomTo(a: Seconds, b: Seconds, now: Seconds): View {
  const [from, to] = a < b ? [a, b] : [b, a]
  const lacking = Math.max(0, MIN_SPAN - (to - from)) / 2
  return bounded({ from: from - lacking, to: to + lacking, isLive: false }, now)
}

/** Keeps the span and brings the view back to where data can be. */
function bounded(view: View, now: Seconds): View {
  const span = spanOf(view)
  const latest = Math.max(now + AHEAD, span)
  const to = Math.min(latest, Math.max(EARLIEST + span, view.to))
  return to === view.to ? view : { ...view, from: to - span, to }
}

export const isSameView = (a: View, b: View): boolean =>
  a.isLive === b.isLive && (a.isLive ? Math.abs(spanOf(a) - spanOf(b)) < 0.001 : a.from === b.from && a.to === b.to)
