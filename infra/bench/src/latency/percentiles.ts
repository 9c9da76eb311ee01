/** Value below which a share of the samples lies; the samples need no order. */
export function percentile(samples: readonly number[], share: number): number {
  if (samples.length === 0) throw new RangeError('there are no samples')
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number // the position is within the list
}
