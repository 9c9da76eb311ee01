import type { SequenceRange } from '@webmacs/contracts'

/** Ranges that cover exactly these numbers, ascending. */
export function rangesOf(numbers: Iterable<number>): SequenceRange[] {
  const ranges: { first: number; last: number }[] = []
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const newest = ranges.at(-1)
    if (newest !== undefined && number <= newest.last + 1) newest.last = number
    else ranges.push({ first: number, last: number })
  }
  return ranges
}

/** PostgreSQL's `int8multirange` as text; its ranges leave their upper end out. */
export const formatRanges = (ranges: readonly SequenceRange[]): string =>
  `{${ranges.map(({ first, last }) => `[${first},${last + 1})`).join(',')}}`

/** Reads `{[1,5),[7,9)}`. */
export function parseRanges(text: string): SequenceRange[] {
  return [...text.matchAll(/\[(\d+),(\d+)\)/g)].map(([, first, end]) => ({
    first: Number(first),
    last: Number(end) - 1,
  }))
}

/** Whether a number lies in one of the ranges, which are ascending. */
export function contains(ranges: readonly SequenceRange[], number: number): boolean {
  let low = 0
  let high = ranges.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const range = ranges[middle] as SequenceRange // low ≤ middle ≤ high are positions in the list
    if (number < range.first) high = middle - 1
    else if (number > range.last) low = middle + 1
    else return true
  }
  return false
}
