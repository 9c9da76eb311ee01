import { setTimeout as delay } from 'node:timers/promises'
import type { ExportId } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import type { Logger } from '@webmacs/service-kit'
import { type Kysely, sql } from 'kysely'
import { MOST_ATTEMPTS } from '../exports/claims.ts'
import type { ExportNews } from '../exports/export-news.ts'
import type { ExportDirectory, FileName } from './export-directory.ts'

export interface SweepOptions {
  readonly db: Kysely<Tables>
  readonly directory: ExportDirectory
  readonly news: ExportNews
  readonly log: Logger
  readonly intervalMs: number
}

/** What became of an export can be read for so long. */
const REMEMBERED_DAYS = 30

/** Tidies up now and then until the signal fires: what expired, what its maker left behind, and what nobody remembers. */
export async function sweepExports(options: SweepOptions, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    try {
      await sweepOnce(options)
    } catch (err) {
      options.log.warn({ event: 'exports.sweep-failed', err }, 'exports could not be tidied up')
    }
    await delay(options.intervalMs, undefined, { signal: stopping }).catch(() => undefined) // stopping
  }
}

/** Safe beside other processes that do the same. */
export async function sweepOnce({ db, directory, news }: Omit<SweepOptions, 'intervalMs' | 'log'>): Promise<void> {
  for (const id of await expire(db)) news.tell('expired', id, null)
  for (const id of await failAbandoned(db)) news.tell('failed', id, null)
  await db
    .deleteFrom('exports')
    .where('state', 'not in', ['waiting', 'running'])
    .where(sql<boolean>`(delivery = 'stream' OR state <> 'done')`) // a finished file expires first
    .where(sql<boolean>`coalesce(ended_on, expires_on) < now() - ${REMEMBERED_DAYS} * interval '1 day'`)
    .execute()
  await removeOrphans(db, directory)
}

/** Files and links whose time has come. A stream's link runs out unused; the record of one that was read stays as it is. */
async function expire(db: Kysely<Tables>): Promise<ExportId[]> {
  const rows = await db
    .updateTable('exports')
    .set({ state: 'expired', ended_on: sql`coalesce(ended_on, now())` })
    .where(sql<boolean>`expires_on < now()`)
    .where(sql<boolean>`(delivery = 'file' AND state = 'done' OR delivery = 'stream' AND state = 'waiting')`)
    .returning('public_id')
    .execute()
  return rows.map(({ public_id }) => public_id)
}

/** Streams whose process died with their reader, and files that took too many processes with them. */
async function failAbandoned(db: Kysely<Tables>): Promise<ExportId[]> {
  const rows = await db
    .updateTable('exports')
    .set({ state: 'failed', ended_on: sql`now()`, claimed_until: null, error: 'The server stopped while it was made.' })
    .where('state', '=', 'running')
    .where(sql<boolean>`claimed_until < now()`)
    .where(sql<boolean>`(delivery = 'stream' OR attempts >= ${MOST_ATTEMPTS})`)
    .returning('public_id')
    .execute()
  return rows.map(({ public_id }) => public_id)
}

/** Files that no row speaks of: of attempts that ended in a crash, of exports that are over. */
async function removeOrphans(db: Kysely<Tables>, directory: ExportDirectory): Promise<void> {
  // The files first: one that is begun after this is not among them, and one that was begun before is in the table by now.
  const files = await directory.list()
  if (files.length === 0) return
  const rows = await db
    .selectFrom('exports')
    .select(['public_id', 'attempts'])
    .where('delivery', '=', 'file')
    .where('state', 'in', ['running', 'done'])
    .execute()
  const wanted = new Set(rows.map(({ public_id, attempts }) => keyOf({ id: public_id, attempt: attempts })))
  for (const file of files) if (!wanted.has(keyOf(file))) await directory.remove(file)
}

const keyOf = ({ id, attempt }: FileName): string => `${id}.${attempt}`
