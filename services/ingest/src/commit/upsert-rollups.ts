import type pg from 'pg'
import { ROLLUP_SECONDS, SATURATION } from './rollup.ts'
import type { KeyedRollup } from './rollup-accumulator.ts'

const moment = (micros: string): string => `timestamptz 'epoch' + ${micros} * interval '1 microsecond'`
const bounded = (value: string): string => `LEAST(GREATEST(${value}, -${SATURATION}), ${SATURATION})`

/** The merge of `mergeRollups`, in SQL. */
const UPSERT = `
  INSERT INTO datapoint_rollups AS stored
    (event_id, resolution, bucket, count, sum, sum_sq, min, min_at, max, max_at, first, first_at, last, last_at)
  SELECT event_id, ${ROLLUP_SECONDS}, ${moment('bucket')}, count, sum, sum_sq,
    min, ${moment('min_at')}, max, ${moment('max_at')}, first, ${moment('first_at')}, last, ${moment('last_at')}
  FROM unnest($1::int[], $2::int8[], $3::int8[], $4::float8[], $5::float8[], $6::float8[], $7::int8[], $8::float8[], $9::int8[],
    $10::float8[], $11::int8[], $12::float8[], $13::int8[])
    WITH ORDINALITY AS fresh (event_id, bucket, count, sum, sum_sq, min, min_at, max, max_at, first, first_at, last, last_at, position)
  ORDER BY position
  ON CONFLICT (event_id, resolution, bucket) DO UPDATE SET
    count = stored.count + excluded.count,
    sum = ${bounded('stored.sum')} + ${bounded('excluded.sum')},
    sum_sq = ${bounded('stored.sum_sq')} + ${bounded('excluded.sum_sq')},
    min = LEAST(stored.min, excluded.min),
    min_at = CASE WHEN (excluded.min, excluded.min_at) < (stored.min, stored.min_at) THEN excluded.min_at ELSE stored.min_at END,
    max = GREATEST(stored.max, excluded.max),
    max_at = CASE WHEN excluded.max > stored.max OR (excluded.max = stored.max AND excluded.max_at < stored.max_at)
      THEN excluded.max_at ELSE stored.max_at END,
    first = CASE WHEN excluded.first_at < stored.first_at THEN excluded.first ELSE stored.first END,
    first_at = LEAST(stored.first_at, excluded.first_at),
    last = CASE WHEN excluded.last_at > stored.last_at THEN excluded.last ELSE stored.last END,
    last_at = GREATEST(stored.last_at, excluded.last_at)`

/** Merges rollups into the table. They must be in order of its key, or writers beside one another deadlock. */
export async function upsertRollups(
  client: Pick<pg.ClientBase, 'query'>,
  rollups: readonly KeyedRollup[],
): Promise<void> {
  if (rollups.length === 0) return
  const column = (name: keyof KeyedRollup['rollup']): number[] => rollups.map(({ rollup }) => rollup[name])
  await client.query({
    name: 'upsert-rollups',
    text: UPSERT,
    values: [
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
    ],
  })
}
