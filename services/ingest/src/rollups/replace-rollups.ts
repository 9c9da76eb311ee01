import type pg from 'pg'
import { ROLLUP_SECONDS } from '../commit/rollup.ts'
import type { KeyedRollup } from '../commit/rollup-accumulator.ts'

const moment = (column: string): string => `timestamptz 'epoch' + ${column} * interval '1 microsecond'`

const INSERT = `
  INSERT INTO datapoint_rollups
    (event_id, resolution, bucket, count, sum, sum_sq, min, min_at, max, max_at, first, first_at, last, last_at)
  SELECT event_id, ${ROLLUP_SECONDS}, ${moment('bucket')}, count, sum, sum_sq,
    min, ${moment('min_at')}, max, ${moment('max_at')}, first, ${moment('first_at')}, last, ${moment('last_at')}
  FROM unnest($1::int[], $2::int8[], $3::int8[], $4::float8[], $5::float8[], $6::float8[], $7::int8[], $8::float8[], $9::int8[],
    $10::float8[], $11::int8[], $12::float8[], $13::int8[])
    AS fresh (event_id, bucket, count, sum, sum_sq, min, min_at, max, max_at, first, first_at, last, last_at)
  ON CONFLICT (event_id, resolution, bucket)`
const FIELDS = ['count', 'sum', 'sum_sq', 'min', 'min_at', 'max', 'max_at', 'first', 'first_at', 'last', 'last_at']
const REPLACE = `${INSERT} DO UPDATE SET ${FIELDS.map((field) => `${field} = excluded.${field}`).join(', ')}`
const ADD = `${INSERT} DO NOTHING`

type Queryable = Pick<pg.ClientBase, 'query'>

/** Puts rollups in the place of those that are there. The caller holds the locks of them all. */
export async function replaceRollups(client: Queryable, rollups: readonly KeyedRollup[]): Promise<void> {
  if (rollups.length > 0) await client.query(REPLACE, columnsOf(rollups))
}

/** @returns how many were added; those that are there stay as they are */
export async function addMissingRollups(client: Queryable, rollups: readonly KeyedRollup[]): Promise<number> {
  if (rollups.length === 0) return 0
  const { rowCount } = await client.query(ADD, columnsOf(rollups))
  return rowCount ?? 0
}

function columnsOf(rollups: readonly KeyedRollup[]): number[][] {
  const column = (name: keyof KeyedRollup['rollup']): number[] => rollups.map(({ rollup }) => rollup[name])
  return [
    rollups.map(({ event }) => event),
    rollups.map(({ bucket }) => bucket),
    ...[
      column('count'),
      column('sum'),
      column('sumSq'),
      column('min'),
      column('minAt'),
      column('max'),
      column('maxAt'),
    ],
    ...[column('first'), column('firstAt'), column('last'), column('lastAt')],
  ]
}
