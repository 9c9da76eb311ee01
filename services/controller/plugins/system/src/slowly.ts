import type { Clock } from '@webmacs/plugin-sdk'

/** Asks at most once in `intervalMs` and repeats the answer, or the failure, in between: for what is dear to ask and slow to change. */
export function slowly<T>(ask: () => Promise<T>, intervalMs: number, clock: Clock): () => Promise<T> {
  let last: { readonly atMs: number; readonly answer: Promise<T> } | undefined
  return () => {
    const nowMs = clock.monotonicMs()
    if (last === undefined || nowMs - last.atMs >= intervalMs) last = { atMs: nowMs, answer: ask() }
    return last.answer
  }
}
