import type { Micros } from '@webmacs/contracts'
import { type Database, ensurePartitions, type Partition, partitionOf, partitionsBetween } from '@webmacs/database'
import type { Logger } from '@webmacs/service-kit'

const WEEK: Micros = 7 * 86_400 * 1_000_000
const WEEKS_BEFORE = 1
const WEEKS_AHEAD = 3

/** Sees to it that every reading finds its partition: the coming weeks ahead of time, late data's on demand. */
export class PartitionKeeper {
  readonly #database: Database
  readonly #log: Logger
  readonly #known = new Set<string>()

  constructor(database: Database, log: Logger) {
    this.#database = database
    this.#log = log
  }

  /**
   * Partitions from a week ago to three weeks ahead.
   * @returns how many were made
   */
  async ensureAround(now: Micros): Promise<number> {
    return this.#ensure(partitionsBetween(now - WEEKS_BEFORE * WEEK, now + WEEKS_AHEAD * WEEK))
  }

  async ensureFor(times: readonly Micros[]): Promise<void> {
    const missing = new Map<string, Partition>()
    let partition: Partition | undefined
    for (const time of times) {
      if (partition !== undefined && time >= partition.from && time < partition.to) continue
      partition = partitionOf(time)
      if (!this.#known.has(partition.name)) missing.set(partition.name, partition)
    }
    if (missing.size > 0) await this.#ensure([...missing.values()])
  }

  /** After the database said that a partition is missing: somebody dropped one. */
  forget(): void {
    this.#known.clear()
  }

  async #ensure(partitions: readonly Partition[]): Promise<number> {
    const made = await ensurePartitions(this.#database.db, partitions)
    for (const { name } of partitions) this.#known.add(name)
    if (made.length > 0) this.#log.info({ event: 'partitions.made', partitions: made }, 'partitions made')
    return made.length
  }
}
