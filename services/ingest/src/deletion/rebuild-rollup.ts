import { isBad, type Micros } from '@webmacs/contracts'
import type pg from 'pg'
import { ROLLUP_SECONDS, ROLLUP_SPAN } from '../commit/rollup.ts'
import { RollupAccumulator } from '../commit/rollup-accumulator.ts'

const moment = (parameter: string): string => `timestamptz 'epoch' + ${parameter}::int8 * interval '1 microsecond'`
const THIS_ROLLUP = `event_id = $1 AND resolution = ${ROLLUP_SECONDS} AND bucket = ${moment('$2')}`
const LOCK = `SELECT FROM datapoint_rollups WHERE ${THIS_ROLLUP} FOR UPDATE`
const REMOVE = `DELETE FROM datapoint_rollups WHERE ${THIS_ROLLUP}`
const REPLACE = `
  UPDATE datapoint_rollups SET count = $3, sum = $4, sum_sq = $5, min = $6, min_at = ${moment('$7')}, max = $8, max_at = ${moment('$9')},
    first = $10, first_at = ${moment('$11')}, last = $12, last_at = ${moment('$13')}
  WHERE ${THIS_ROLLUP}`
const READINGS = `
  SELECT (extract(epoch FROM ts) * 1000000)::int8 AS time, value, quality FROM datapoints
  WHERE event_id = $1 AND ts >= ${moment('$2')} AND ts < ${moment('$3')} AND value IS NOT NULL`

/**
 * Makes the rollup that holds this time anew from the rows that are left. Its lock is taken before the rows are read: a writer that merged
 * into it has committed by then, and its rows are seen; one whose rows are not seen yet merges after us, into what we leave. The row is
 * changed in place, because others who wait for its lock would not find one that took its place. Without a rollup there is nothing to mend.
 */
export async function rebuildRollup(client: pg.ClientBase, event: number, time: Micros): Promise<void> {
  const bucket = Math.floor(time / ROLLUP_SPAN) * ROLLUP_SPAN
  const { rowCount } = await client.query(LOCK, [event, bucket])
  if (rowCount === 0) return
  const { rows } = await client.query<{ time: Micros; value: number; quality: number }>(READINGS, [
    event,
    bucket,
    bucket + ROLLUP_SPAN,
  ])
  const rollups = new RollupAccumulator()
  for (const row of rows) if (!isBad(row.quality)) rollups.add(event, row.value, row.time)
  const [rebuilt] = rollups.inKeyOrder() // all of one event and minute
  if (rebuilt === undefined) {
    await client.query(REMOVE, [event, bucket])
    return
  }
  const { count, sum, sumSq, min, minAt, max, maxAt, first, firstAt, last, lastAt } = rebuilt.rollup
  const values = [count, sum, sumSq, min, minAt, max, maxAt, first, firstAt, last, lastAt]
  await client.query(REPLACE, [event, bucket, ...values])
}
