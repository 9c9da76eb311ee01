import type { Watermark, WatermarkRequest } from '@webmacs/contracts'
import type { Database } from '@webmacs/database'
import { parseRanges } from './sequence-ranges.ts'

/** As many of the newest ranges as a watermark carries. */
const MAX_RANGES = 100

const READ = `
  SELECT source, epoch,
    coalesce((SELECT upper(covering) - 1 FROM unnest(committed) AS covering WHERE covering @> 1::int8), 0) AS watermark,
    (SELECT coalesce(range_agg(newest), '{}')::text
     FROM (SELECT * FROM unnest(committed) AS newest ORDER BY newest DESC LIMIT ${MAX_RANGES}) AS newest_ranges) AS ranges
  FROM unnest($1::text[], $2::text[]) AS wanted (source, epoch) JOIN reading_sources USING (source, epoch)`

/** What is committed of each of these sources; one that never committed anything has watermark 0. */
export async function readWatermarks(database: Database, sources: readonly WatermarkRequest[]): Promise<Watermark[]> {
  const { rows } = await database.pool.query<{ source: string; epoch: string; watermark: number; ranges: string }>(
    READ,
    [sources.map(({ source }) => source), sources.map(({ epoch }) => epoch)],
  )
  return sources.map(({ source, epoch }) => {
    const row = rows.find((candidate) => candidate.source === source && candidate.epoch === epoch)
    return { source, epoch, watermark: row?.watermark ?? 0, ranges: parseRanges(row?.ranges ?? '{}') }
  })
}
