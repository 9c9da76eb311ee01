import { type ExportMetadata, formatTime, type Micros, nowMicros } from '@webmacs/contracts'
import { moment } from '@webmacs/database'
import { SERVICE_VERSION } from '@webmacs/service-kit'
import { sql } from 'kysely'
import type { Snapshot } from '../snapshot/snapshot.ts'
import type { ResolvedSelection } from './resolve-selection.ts'

const TIME_ZONE = 'UTC; intervals start at whole multiples of their length since 1970-01-01T00:00:00Z'

/** What an export is about, as the snapshot knows it. */
export async function describeExport(
  snapshot: Snapshot,
  resolved: ResolvedSelection,
  expectedRows: number | null,
): Promise<ExportMetadata> {
  const { selection, range, experiment, events } = resolved
  return {
    software: `WebMACS ${SERVICE_VERSION}`,
    created_on: formatTime(nowMicros()),
    from: formatTime(range.from),
    to: formatTime(range.to),
    time_zone: TIME_ZONE,
    experiment: experiment && {
      public_id: experiment.public_id,
      name: experiment.name,
      started_on: formatted(experiment.started_on),
      stopped_on: formatted(experiment.stopped_on),
    },
    events: events.map(({ key: _, ...event }) => event),
    selection,
    quality: selection.include_bad
      ? 'Bad readings are in it; the column quality tells which'
      : 'Good and uncertain readings; bad readings are left out',
    expected_rows: expectedRows,
    gaps: await findGaps(snapshot, resolved),
  }
}

const formatted = (time: Micros | null): string | null => (time === null ? null : formatTime(time))

/** What is missing for good, of these events or of all. */
async function findGaps(snapshot: Snapshot, { range, events }: ResolvedSelection): Promise<ExportMetadata['gaps']> {
  const ids = events.map(({ public_id }) => public_id)
  const rows = await snapshot.rows(sql<{ from: Micros; to: Micros; source: string; reason: string }>`
    SELECT from_time AS "from", to_time AS "to", source, reason FROM reading_gaps
    WHERE from_time < ${moment(range.to)} AND to_time > ${moment(range.from)}
      AND (event_public_ids = '{}' OR event_public_ids && ${ids}::text[])
    ORDER BY from_time, id`)
  return rows.map(({ from, to, source, reason }) => ({ from: formatTime(from), to: formatTime(to), source, reason }))
}
