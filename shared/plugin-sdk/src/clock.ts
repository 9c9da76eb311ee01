/** Passing time, for what must not depend on the date. */
export interface Clock {
  /** Milliseconds since any fixed moment; never jumps, never runs backwards. */
  monotonicMs(): number
}

export const systemClock: Clock = Object.freeze({ monotonicMs: () => performance.now() })
