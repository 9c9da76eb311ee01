/** How often an instance may fail to start on a new version. */
const FAILURES = 2

/**
 * Whether a new version of a package holds: all instances that ran on the version before have to start on it. One that fails to, twice, condemns it.
 */
export class Trial {
  /** undefined: nobody knows any more which ran, so the first that starts speaks for all. */
  readonly #waitedFor: Set<string> | undefined
  readonly #failures = new Map<string, number>()

  constructor(ran: readonly string[] | undefined) {
    this.#waitedFor = ran === undefined ? undefined : new Set(ran)
  }

  /** @param end why its process ended before it had started; undefined: it started */
  note(instance: string, end: string | undefined): 'open' | 'passed' | 'failed' {
    if (this.#waitedFor !== undefined && !this.#waitedFor.has(instance)) return 'open'
    if (end === undefined) {
      this.#waitedFor?.delete(instance)
      return this.#waitedFor === undefined || this.#waitedFor.size === 0 ? 'passed' : 'open'
    }
    const failures = (this.#failures.get(instance) ?? 0) + 1
    this.#failures.set(instance, failures)
    return failures >= FAILURES ? 'failed' : 'open'
  }
}
