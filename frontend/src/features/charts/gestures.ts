import type { Seconds } from '../trends/signal-trace.ts'
import { panBy, spanOf, type View, zoom } from './view.ts'
import type { ViewStore } from './view-store.ts'

export interface GesturesInput {
  /** The part of the chart that lines are drawn in. */
  readonly area: HTMLElement
  readonly view: ViewStore
  readonly now: () => Seconds
}

const WHEEL_STEP = 0.0015
const MOST_WHEEL = 120

/**
 * Wheel: zoom where the pointer is; with Shift, or sideways: pan. Drag with Shift or the middle button: pan. Fingers: one pans, two zoom. A plain
 * drag is left to the chart, which selects what to zoom to.
 * @returns ends listening
 */
export function listenToGestures({ area, view, now }: GesturesInput): () => void {
  const stop = new AbortController()
  const { signal } = stop
  const fingers = new Map<number, number>()
  let dragged: { pointer: number; x: number } | undefined

  const perPixel = (): Seconds => spanOf(view.get()) / Math.max(1, area.clientWidth)
  const momentAt = (clientX: number): Seconds =>
    view.get().from + (clientX - area.getBoundingClientRect().left) * perPixel()
  const move = (next: View): void => view.set(next)

  area.addEventListener(
    'wheel',
    (event) => {
      const sideways = event.shiftKey ? event.deltaX + event.deltaY : event.deltaX
      if (event.ctrlKey === false && Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
        event.preventDefault()
        move(panBy(view.get(), sideways * perPixel(), now()))
        return
      }
      event.preventDefault()
      const delta = Math.max(-MOST_WHEEL, Math.min(MOST_WHEEL, event.deltaY))
      move(zoom(view.get(), Math.exp(delta * WHEEL_STEP), anchorOf(momentAt(event.clientX), view.get()), now()))
    },
    { passive: false, signal },
  )
  // Before the chart hears of it, which would begin a selection.
  area.parentElement?.addEventListener(
    'mousedown',
    (event) => {
      if (event.shiftKey || event.button === 1) event.stopPropagation()
    },
    { capture: true, signal },
  )
  area.addEventListener(
    'pointerdown',
    (event) => {
      if (event.pointerType === 'touch') fingers.set(event.pointerId, event.clientX)
      else if (event.shiftKey || event.button === 1) dragged = { pointer: event.pointerId, x: event.clientX }
      else return
      area.setPointerCapture(event.pointerId)
    },
    { signal },
  )
  area.addEventListener(
    'pointermove',
    (event) => {
      if (dragged?.pointer === event.pointerId) {
        move(panBy(view.get(), (dragged.x - event.clientX) * perPixel(), now()))
        dragged.x = event.clientX
      } else if (fingers.has(event.pointerId)) moveFinger(event)
    },
    { signal },
  )
  const moveFinger = ({ pointerId, clientX }: PointerEvent): void => {
    const before = fingers.get(pointerId) ?? clientX
    const [other] = [...fingers].filter(([id]) => id !== pointerId).map(([, x]) => x)
    fingers.set(pointerId, clientX)
    if (other === undefined) {
      move(panBy(view.get(), (before - clientX) * perPixel(), now()))
      return
    }
    const [was, is] = [Math.max(8, Math.abs(before - other)), Math.max(8, Math.abs(clientX - other))]
    move(zoom(view.get(), was / is, momentAt((clientX + other) / 2), now()))
  }
  for (const name of ['pointerup', 'pointercancel'] as const) {
    area.addEventListener(
      name,
      ({ pointerId }) => {
        fingers.delete(pointerId)
        if (dragged?.pointer === pointerId) dragged = undefined
      },
      { signal },
    )
  }
  return () => stop.abort()
}

/** Near the end of a live view it is the end that is meant: the view stays live. */
const anchorOf = (moment: Seconds, view: View): Seconds =>
  view.isLive && view.to - moment < spanOf(view) * 0.03 ? view.to : moment
