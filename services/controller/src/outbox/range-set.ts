/** Whole numbers from `first` to `last`, both included. */
export interface Range {
  readonly first: number
  readonly last: number
}

/** A set of whole numbers that takes memory by its ranges: a million numbers in a row are one. */
export class RangeSet {
  #ranges: Range[] = []
  #size = 0

  constructor(ranges: Iterable<Range> = []) {
    for (const { first, last } of ranges) this.add(first, last)
  }

  /** How many numbers. */
  get size(): number {
    return this.#size
  }

  /** Ascending, none touching another. */
  get ranges(): readonly Range[] {
    return this.#ranges
  }

  get first(): number | undefined {
    return this.#ranges[0]?.first
  }

  get last(): number | undefined {
    return this.#ranges.at(-1)?.last
  }

  has(number: number): boolean {
    return (this.#ranges[this.#firstEndingAt(number)]?.first ?? Number.POSITIVE_INFINITY) <= number
  }

  add(first: number, last: number): void {
    if (first > last) return
    const newest = this.#ranges.at(-1)
    if (newest !== undefined && first === newest.last + 1) {
      this.#ranges[this.#ranges.length - 1] = { first: newest.first, last }
      this.#size += last - first + 1
      return
    }
    const start = this.#firstEndingAt(first - 1)
    let end = start
    let merged: Range = { first, last }
    for (let range = this.#ranges[end]; range !== undefined && range.first <= last + 1; range = this.#ranges[end]) {
      merged = { first: Math.min(merged.first, range.first), last: Math.max(merged.last, range.last) }
      this.#size -= range.last - range.first + 1
      end += 1
    }
    this.#ranges.splice(start, end - start, merged)
    this.#size += merged.last - merged.first + 1
  }

  /** @returns what was in it and is not any more */
  remove(first: number, last: number): Range[] {
    const removed = this.within(first, last)
    const start = this.#firstEndingAt(first)
    const left: Range[] = []
    let end = start
    for (let range = this.#ranges[end]; range !== undefined && range.first <= last; range = this.#ranges[end]) {
      if (range.first < first) left.push({ first: range.first, last: first - 1 })
      if (range.last > last) left.push({ first: last + 1, last: range.last })
      end += 1
    }
    if (end > start) this.#ranges.splice(start, end - start, ...left)
    for (const range of removed) this.#size -= range.last - range.first + 1
    return removed
  }

  /** What of it lies between, ascending. */
  within(first: number, last: number): Range[] {
    const found: Range[] = []
    let index = this.#firstEndingAt(first)
    for (let range = this.#ranges[index]; range !== undefined && range.first <= last; range = this.#ranges[index]) {
      found.push({ first: Math.max(first, range.first), last: Math.min(last, range.last) })
      index += 1
    }
    return found
  }

  /** Index of the first range that ends at the number or after it. */
  #firstEndingAt(number: number): number {
    let low = 0
    let high = this.#ranges.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#ranges[middle]?.last ?? 0) < number) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** How many numbers these ranges have. */
export const countOf = (ranges: readonly Range[]): number =>
  ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0)
