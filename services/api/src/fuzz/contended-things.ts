/** A kind of thing that several clients change at once. */
export interface Kind {
  /** Address of the collection. */
  readonly path: string
  /** A body that makes one. @param mark unique text */
  make(mark: string): object
  /** Field that updates set to a mark, and that reading shows. */
  readonly marked: string
}

/** Kinds with a version each (`ETag`), by what an update of them changes. */
export const KINDS: readonly Kind[] = [
  {
    path: '/api/v1/events',
    make: (mark) => ({ name: mark, min_value: 0, max_value: 1, unit: 'x', type: 'sensor' }),
    marked: 'description',
  },
  { path: '/api/v1/experiments', make: (mark) => ({ name: mark }), marked: 'name' },
  { path: '/api/v1/logging', make: (mark) => ({ content: mark }), marked: 'content' },
  { path: '/api/v1/dashboards', make: (mark) => ({ name: mark, is_global: true }), marked: 'name' },
  {
    path: '/api/v1/plugins',
    make: (mark) => ({ plugin_id: 'simulated', instance_name: mark, demo_mode: true }),
    marked: 'instance_name',
  },
]

/** An update that was answered with success. */
export interface Accepted {
  readonly mark: string
  /** Version that it made. */
  readonly tag: string
  /** Version that it was meant for, where it said so. */
  readonly expected: string | undefined
}

/** Everything that was accepted, to be compared with what is there in the end. */
export class Ledger {
  readonly #updates = new Map<string, Accepted[]>()
  readonly #removed = new Set<string>()

  updated(path: string, update: Accepted): void {
    this.#updates.set(path, [...(this.#updates.get(path) ?? []), update])
  }

  removed(path: string): void {
    this.#removed.add(path)
  }

  get paths(): string[] {
    return [...this.#updates.keys()]
  }

  /**
   * The newest update is what there is, and no two were meant for one version.
   * @param stored value of the marked field; undefined: the thing is not there
   * @returns what contradicts that, as sentences
   */
  contradictions(path: string, stored: unknown): string[] {
    const updates = (this.#updates.get(path) ?? []).toSorted((one, other) => versionOf(one.tag) - versionOf(other.tag))
    const found: string[] = []
    const newest = updates.at(-1)?.mark
    if (stored === undefined && !this.#removed.has(path)) found.push(`${path} is gone, and nobody removed it`)
    if (stored !== undefined && this.#removed.has(path)) found.push(`${path} was removed, and is there`)
    if (stored !== undefined && stored !== newest) found.push(`${path} is ${String(stored)}, not ${newest}`)
    const meantFor = updates.flatMap(({ expected }) => (expected === undefined ? [] : [expected]))
    if (new Set(meantFor).size < meantFor.length) found.push(`${path}: two updates of one version were accepted`)
    if (new Set(updates.map(({ tag }) => tag)).size < updates.length)
      found.push(`${path}: two updates made one version`)
    return found
  }
}

/** `"wx3kz0v2ub"`: microseconds in base 36. */
const versionOf = (tag: string): number => Number.parseInt(tag.slice(1), 36)
