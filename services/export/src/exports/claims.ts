import type { ExportId, ExportState } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { type Kysely, sql, type UpdateQueryBuilder, type UpdateResult } from 'kysely'
import type { ExportRecord } from './export-record.ts'
import { inSeconds } from './export-store.ts'

/** Who makes an export, for how long nobody else may. */
export interface Claim {
  readonly id: ExportId
  /** The process, unlike every other. */
  readonly by: string
  /** Which attempt this is: a process that woke up too late is told from itself by it. */
  readonly attempt: number
}

export interface Progress {
  readonly rows: number
  readonly bytes: number
}

/** Who does not renew its claim for so long is taken for dead. */
export const LEASE_SECONDS = 10
/** An export that took so many processes with it is not tried again. */
export const MOST_ATTEMPTS = 3

const claimed = (by: string) => ({
  state: 'running' as const,
  claimed_by: by,
  claimed_until: inSeconds(LEASE_SECONDS),
  started_on: sql<string>`now()`,
  attempts: sql<number>`attempts + 1`,
  rows: 0,
  bytes: 0,
})

/** Takes the stream to be made now; undefined: it was made, or its link has run out. */
export async function claimStream(db: Kysely<Tables>, id: ExportId, by: string): Promise<Claim | undefined> {
  const row = await db
    .updateTable('exports')
    .set(claimed(by))
    .where('public_id', '=', id)
    .where('delivery', '=', 'stream')
    .where('state', '=', 'waiting')
    .where(sql<boolean>`expires_on > now()`)
    .returning('attempts')
    .executeTakeFirst()
  return row && { id, by, attempt: row.attempts }
}

/** Takes the file that waits longest: for its first maker, or for another after one that died. */
export async function claimFile(
  db: Kysely<Tables>,
  by: string,
): Promise<(Claim & Pick<ExportRecord, 'selection'>) | undefined> {
  const row = await db
    .updateTable('exports')
    .set(claimed(by))
    .where('id', '=', ({ selectFrom }) =>
      selectFrom('exports')
        .select('id')
        .where('delivery', '=', 'file')
        .where(
          sql<boolean>`(state = 'waiting' OR state = 'running' AND claimed_until < now() AND attempts < ${MOST_ATTEMPTS})`,
        )
        .orderBy('id')
        .limit(1)
        .forUpdate()
        .skipLocked(),
    )
    .returning(['public_id', 'selection', 'attempts'])
    .executeTakeFirst()
  return row && { id: row.public_id, by, attempt: row.attempts, selection: row.selection }
}

/** Renews the claim and says how far it is. False: it was cancelled, or somebody else has it. */
export const keepClaim = async (db: Kysely<Tables>, claim: Claim, progress: Progress): Promise<boolean> =>
  isChanged(
    await ofClaim(db, claim)
      .set({ ...progress, claimed_until: inSeconds(LEASE_SECONDS) })
      .executeTakeFirst(),
  )

/** @returns whether the claim still held: otherwise what was made is nobody's */
export const finishExport = async (
  db: Kysely<Tables>,
  claim: Claim,
  made: Progress & { readonly sha256: string | null; readonly keptSeconds: number },
): Promise<boolean> => {
  const { rows, bytes, sha256, keptSeconds } = made
  const ended = { ...ENDED, state: 'done' as const, rows, bytes, sha256, expires_on: inSeconds(keptSeconds) }
  return isChanged(await ofClaim(db, claim).set(ended).executeTakeFirst())
}

/** @param error a sentence for whoever asked for it */
export const failExport = async (
  db: Kysely<Tables>,
  claim: Claim,
  error: string,
  progress: Progress,
): Promise<boolean> =>
  isChanged(
    await ofClaim(db, claim)
      .set({ ...ENDED, ...progress, state: 'failed', error })
      .executeTakeFirst(),
  )

/** Gives it back untouched, to be made by whoever comes next. */
export const releaseClaim = async (db: Kysely<Tables>, claim: Claim): Promise<boolean> =>
  isChanged(
    await ofClaim(db, claim)
      .set({
        state: 'waiting',
        claimed_by: null,
        claimed_until: null,
        started_on: null,
        attempts: sql<number>`attempts - 1`,
        rows: 0,
        bytes: 0,
      })
      .executeTakeFirst(),
  )

/** Lets somebody else take it over at once, as if its maker had died: the attempt counts. */
export const abandonClaim = async (db: Kysely<Tables>, claim: Claim): Promise<boolean> =>
  isChanged(await ofClaim(db, claim).set({ claimed_until: sql<string>`now()` }).executeTakeFirst())

/**
 * Ends it for good: one that waits or is made is cancelled, a finished file expires.
 * @returns what it is now, and the attempt whose file is to be removed; undefined: it was over before
 */
export async function cancelExport(
  db: Kysely<Tables>,
  id: ExportId,
): Promise<{ readonly state: ExportState; readonly attempt: number } | undefined> {
  const row = await db
    .updateTable('exports')
    .set({
      ...ENDED,
      state: sql<ExportState>`CASE state WHEN 'done' THEN 'expired' ELSE 'cancelled' END`,
      ended_on: sql<string>`coalesce(ended_on, now())`,
    })
    .where('public_id', '=', id)
    .where(sql<boolean>`(state IN ('waiting', 'running') OR state = 'done' AND delivery = 'file')`)
    .returning(['state', 'attempts'])
    .executeTakeFirst()
  return row && { state: row.state, attempt: row.attempts }
}

const ENDED = { ended_on: sql<string>`now()`, claimed_until: null }

const ofClaim = (
  db: Kysely<Tables>,
  { id, by, attempt }: Claim,
): UpdateQueryBuilder<Tables, 'exports', 'exports', UpdateResult> =>
  db
    .updateTable('exports')
    .where('public_id', '=', id)
    .where('state', '=', 'running')
    .where('claimed_by', '=', by)
    .where('attempts', '=', attempt)

const isChanged = ({ numUpdatedRows }: UpdateResult): boolean => numUpdatedRows > 0n
