import type { Seconds } from '../trends/signal-trace.ts'
import { isSameView, type View, viewAt } from './view.ts'

/** Where the chart looks, outside React: it changes with every step of a drag. */
export interface ViewStore {
  /** As it is now: a live one has moved on. */
  get(): View
  /** One can come back to the view before a step. A drag or a turn of the wheel is many changes, and one step. @param isStep a step in any case */
  set(view: View, options?: { readonly isStep?: boolean }): void
  /** The view before the last step. */
  back(): void
  canGoBack(): boolean
  subscribe(listener: () => void): () => void
}

const MOST_STEPS = 50
/** Changes that follow each other faster belong together. */
const PAUSE: Seconds = 0.7

export function createViewStore(initial: View, now: () => Seconds): ViewStore {
  const listeners = new Set<() => void>()
  const steps: View[] = []
  let current = initial
  let changedAt = Number.NEGATIVE_INFINITY
  const put = (view: View): void => {
    current = view
    for (const listener of listeners) listener()
  }
  return {
    get: () => viewAt(current, now()),
    set: (view, { isStep = false } = {}) => {
      if (isSameView(view, current)) return
      const isOneMore = now() - changedAt < PAUSE && !isStep
      changedAt = now()
      if (!isOneMore) {
        steps.push(current)
        if (steps.length > MOST_STEPS) steps.shift()
      }
      put(view)
    },
    back: () => {
      const before = steps.pop()
      if (before !== undefined) put(before)
    },
    canGoBack: () => steps.length > 0,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
