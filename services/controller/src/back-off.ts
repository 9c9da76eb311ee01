export interface BackOffOptions {
  readonly firstMs: number
  readonly maxMs: number
  /** 0 ≤ x < 1 */
  readonly random?: () => number
}

/** Waiting times that double up to a limit and never end, each shortened by up to a quarter so that many do not wake at once. */
export class BackOff {
  readonly #options: BackOffOptions
  #attempt = 0

  constructor(options: BackOffOptions) {
    this.#options = options
  }

  /** How long to wait before the next attempt, milliseconds. */
  nextMs(): number {
    const { firstMs, maxMs, random = Math.random } = this.#options
    const fullMs = Math.min(firstMs * 2 ** this.#attempt, maxMs)
    this.#attempt += 1
    return Math.round(fullMs * (1 - random() / 4))
  }

  /** It works again: the next trouble starts with the shortest wait. */
  reset(): void {
    this.#attempt = 0
  }
}
