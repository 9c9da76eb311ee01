export interface RangePosition {
  /** Where the value stands between the ends, percent, clamped to 0–100. */
  readonly percent: number
  readonly side: 'below' | 'inside' | 'above'
}

/** Where a value lies in its range. An empty range has no inside to stand in: 0 %. */
export function positionInRange(value: number, min: number, max: number): RangePosition {
  if (!(max > min)) return { percent: 0, side: 'inside' }
  const side = value < min ? 'below' : value > max ? 'above' : 'inside'
  return { percent: Math.min(100, Math.max(0, ((value - min) / (max - min)) * 100)), side }
}
