import type { Micros } from '@webmacs/contracts'
import { type Kysely, sql } from 'kysely'
import type { Tables } from './tables.ts'

const DAY: Micros = 86_400_000_000

/** How late readings may come. */
export interface Acceptance {
  /** So many days back, or fewer. */
  readonly days: number
  /** Not before this moment: retention has removed what lay there, and what it is part of could not be made anew. */
  readonly from: Micros
}

/** @param maxDays bound where datapoints are kept for longer, or for ever */
export async function readAcceptance(db: Kysely<Tables>, maxDays: number): Promise<Acceptance> {
  const { rows } = await sql<Acceptance>`
    SELECT least(raw_days, ${maxDays}::int) AS days, raw_from AS from FROM retention, historian_state`.execute(db)
  return rows[0] ?? { days: maxDays, from: 0 }
}

/** The one rule by which a reading is too old: for the api, which says so, and for the writer, which decides. */
export const oldestAccepted = ({ days, from }: Acceptance, now: Micros): Micros => Math.max(now - days * DAY, from)
