import type { Micros } from '@webmacs/contracts'
import type pg from 'pg'
import { ROLLUP_SECONDS, ROLLUP_SPAN } from '../commit/rollup.ts'
import type { KeyedRollup } from '../commit/rollup-accumulator.ts'
import { readMinutes } from './read-minutes.ts'
import { addMissingRollups, replaceRollups } from './replace-rollups.ts'

export interface MinuteKey {
  readonly event: number
  /** Start of the minute. */
  readonly bucket: Micros
}

export interface Minutes {
  /** Keys of events. */
  readonly events: readonly number[]
  /** Whole minutes, `[from, to)`. */
  readonly from: Micros
  readonly to: Micros
}

export interface RebuildOptions {
  /** Whether a minute's rollup stays as it is. */
  readonly isSpared?: (minute: MinuteKey) => boolean
  /** Also makes rollups that are missing, which nobody but a repair should find. */
  readonly addsMissing?: boolean
}

export interface RebuiltMinute extends MinuteKey {
  /** Readings that it held before, and that it holds now; 0 where there was none, or is none any more. */
  readonly before: number
  readonly after: number
}

const moment = (parameter: string): string => `timestamptz 'epoch' + ${parameter}::int8 * interval '1 microsecond'`
const micros = (column: string): string => `(extract(epoch FROM ${column}) * 1000000)::int8`
const LOCK = `
  SELECT event_id AS event, ${micros('bucket')} AS bucket, count FROM datapoint_rollups
  WHERE event_id = ANY($1::int[]) AND resolution = ${ROLLUP_SECONDS} AND bucket >= ${moment('$2')} AND bucket < ${moment('$3')}
  ORDER BY event_id, datapoint_rollups.bucket FOR UPDATE`
const REMOVE = `
  DELETE FROM datapoint_rollups stored USING unnest($1::int[], $2::int8[]) AS gone (event_id, bucket)
  WHERE stored.event_id = gone.event_id AND stored.resolution = ${ROLLUP_SECONDS} AND stored.bucket = ${moment('gone.bucket')}`

const keyOf = ({ event, bucket }: MinuteKey): string => `${event} ${bucket}`

/**
 * Makes the rollups of these minutes anew from the rows that are left. Their locks are taken, in order of the key, before the rows are read:
 * a writer that merged into one of them has committed by then, and its rows are seen; one whose rows are not seen yet merges after us, into
 * what we leave. Rows are changed in place, because others who wait for a lock would not find one that took its place. A rollup that is not
 * there when the locks are taken, and is made a moment later, holds what its writer wrote and nothing that was there before: it is right.
 * To be called after the rows were changed: rows first, rollups then is the order in which writers lock them.
 */
export async function rebuildMinutes(
  client: pg.ClientBase,
  minutes: Minutes,
  { isSpared = () => false, addsMissing = false }: RebuildOptions = {},
): Promise<RebuiltMinute[]> {
  const values = [minutes.events, minutes.from, minutes.to]
  const locked = await client.query<MinuteKey & { count: number }>(LOCK, values)
  if (locked.rows.length === 0 && !addsMissing) return []
  const left = new Map((await readMinutes(client, minutes)).map((rollup) => [keyOf(rollup), rollup]))
  const [replaced, gone, rebuilt]: [KeyedRollup[], MinuteKey[], RebuiltMinute[]] = [[], [], []]
  for (const { event, bucket, count } of locked.rows) {
    const key = keyOf({ event, bucket })
    const fresh = left.get(key)
    left.delete(key)
    if (isSpared({ event, bucket })) continue
    if (fresh === undefined) gone.push({ event, bucket })
    else replaced.push(fresh)
    rebuilt.push({ event, bucket, before: count, after: fresh?.rollup.count ?? 0 })
  }
  await replaceRollups(client, replaced)
  if (gone.length > 0) await client.query(REMOVE, [gone.map(({ event }) => event), gone.map(({ bucket }) => bucket)])
  if (!addsMissing || left.size === 0) return rebuilt
  const missing = [...left.values()]
  const added = await addMissingRollups(client, missing)
  // Somebody made one meanwhile, perhaps of fewer rows than there are: now it can be locked.
  if (added < missing.length) return rebuildMinutes(client, minutes, { isSpared, addsMissing })
  return [
    ...rebuilt,
    ...missing.map(({ event, bucket, rollup }) => ({ event, bucket, before: 0, after: rollup.count })),
  ]
}

export const minuteOf = (time: Micros): Micros => Math.floor(time / ROLLUP_SPAN) * ROLLUP_SPAN
/** The same moment where a minute begins, else the start of the next. */
export const nextMinute = (time: Micros): Micros => Math.ceil(time / ROLLUP_SPAN) * ROLLUP_SPAN
