import type { Tables } from '@webmacs/database'
import { type Kysely, sql } from 'kysely'
import { isShown } from './datapoint-answer.ts'

/** Up to here rows are counted; beyond it a total is an estimate, because counting would read them all. */
const EXACT_TOTAL = 20_000
/** An estimate changes slowly, and even to find that one is needed costs reading twenty thousand rows. */
const ESTIMATE_LASTS_MS = 10_000

/** How many datapoints there are: exact while they are few, estimated from the tables' sizes when there are many. */
export class DatapointTotals {
  readonly #clock: () => number
  #estimate: { readonly total: number; readonly until: number } | undefined

  /** @param clock milliseconds, never going back */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock
  }

  async read(db: Kysely<Tables>): Promise<number> {
    if (this.#estimate !== undefined && this.#clock() < this.#estimate.until) return this.#estimate.total
    const { counted, estimated } = await count(db)
    this.#estimate = undefined
    if (counted <= EXACT_TOTAL) return counted
    const total = Math.max(counted, estimated)
    this.#estimate = { total, until: this.#clock() + ESTIMATE_LASTS_MS }
    return total
  }
}

async function count(db: Kysely<Tables>): Promise<{ counted: number; estimated: number }> {
  const { rows } = await sql<{ counted: number; estimated: number }>`
    SELECT
      (SELECT count(*) FROM (SELECT FROM datapoints WHERE ${isShown('datapoints')} LIMIT ${EXACT_TOTAL + 1}) first_rows) AS counted,
      (SELECT coalesce(sum(reltuples / relpages * (pg_relation_size(oid) / current_setting('block_size')::int)), 0)::int8
        FROM pg_class JOIN pg_inherits ON inhrelid = oid
        WHERE inhparent = 'datapoints'::regclass AND reltuples > 0 AND relpages > 0) AS estimated
  `.execute(db)
  return rows[0] ?? { counted: 0, estimated: 0 }
}
