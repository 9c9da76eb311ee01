/** Where the chart's cursor is, outside React: only the legend's values follow it. */
export interface CursorStore {
  /** Seconds since 1970; undefined while there is no cursor. */
  get(): number | undefined
  set(moment: number | undefined): void
  subscribe(listener: () => void): () => void
}

export function createCursorStore(): CursorStore {
  const listeners = new Set<() => void>()
  let current: number | undefined
  return {
    get: () => current,
    set: (moment) => {
      if (moment === current) return
      current = moment
      for (const listener of listeners) listener()
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
