import {
  type DatapointKey,
  type EventId,
  type HistorianJobId,
  type Micros,
  nowMicros,
  parseTime,
  type QualityBits,
} from '@webmacs/contracts'
import { moment, type Tables } from '@webmacs/database'
import { type Kysely, sql } from 'kysely'
import { readJob } from '../deletions/job-store.ts'
import { FAR_AHEAD, type LastValues } from './last-values.ts'

interface NewestRow {
  readonly event: EventId
  readonly in_use: boolean
  readonly time: Micros | null
  readonly value: number | null
  readonly quality: QualityBits | null
}

interface Reading {
  readonly db: Kysely<Tables>
  readonly values: LastValues
}

/** Reads which events there are, and the newest good value of each: one look into an index per event. */
export async function readLastValues(reading: Reading): Promise<void> {
  const { values } = reading
  const meanwhile = values.noteEvents()
  try {
    const rows = await readNewest(reading)
    values.setEvents(
      rows.filter(({ in_use }) => in_use).map(({ event }) => event),
      meanwhile,
    )
  } finally {
    values.stopNoting(meanwhile)
  }
}

/** Forgets a datapoint that was deleted, and finds the one that is the newest of its event instead. */
export async function replaceDeleted(reading: Reading, deleted: DatapointKey): Promise<void> {
  reading.values.forget(deleted)
  await readNewest(reading, deleted.event)
}

/** Forgets what a job of the historian deleted, and finds what is the newest of its events instead. */
export async function replaceDeletedBy(reading: Reading, job: HistorianJobId): Promise<void> {
  const deleted = await readJob(reading.db, 'delete', job)
  const [from, to] = [deleted.from, deleted.to].map((time) => parseTime(time) ?? 0) as [Micros, Micros]
  reading.values.forgetRange(deleted.event_public_ids, from, to)
  await readNewest(reading)
}

/** Whoever deletes faster than this reads must not keep it from ever ending; the next reload puts right what came back. */
const MOST_ATTEMPTS = 5

/** @param event only this one; left out: all */
async function readNewest({ db, values }: Reading, event?: EventId): Promise<NewestRow[]> {
  for (let attempt = 1; ; attempt++) {
    const { deletions } = values
    const { rows } = await sql<NewestRow>`
      SELECT events.public_id AS event, events.retired_on IS NULL AS in_use, newest.last_at AS time, newest.last AS value, datapoints.quality
      FROM events
      LEFT JOIN LATERAL (
        SELECT last, last_at FROM datapoint_rollups
        WHERE event_id = events.id AND resolution = 60 AND bucket <= ${moment(nowMicros() + FAR_AHEAD)}
        ORDER BY bucket DESC LIMIT 1
      ) newest ON true
      LEFT JOIN datapoints ON datapoints.event_id = events.id AND datapoints.ts = newest.last_at
      ${event === undefined ? sql`` : sql`WHERE events.public_id = ${event}`}
    `.execute(db)
    // Of a datapoint that was deleted meanwhile the rows may still tell: it must not come back.
    if (values.deletions !== deletions && attempt < MOST_ATTEMPTS) continue
    for (const { event, time, value, quality } of rows) {
      if (time !== null && value !== null) values.note({ event, time, value, quality: quality ?? 0 })
    }
    return rows
  }
}
