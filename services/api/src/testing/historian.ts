import { type Responder, respond } from '@webmacs/bus'
import { DeleteDatapoint, type DeletedDatapoints, formatTime, nowMicros } from '@webmacs/contracts'
import { sql } from 'kysely'
import type { ApiSite } from './api-site.ts'

/** Ends jobs as soon as they are announced, with nothing done: where it is not about what they do. */
export function endJobs({ bus: { bus }, db: { db } }: Pick<ApiSite, 'bus' | 'db'>): void {
  bus.nc.subscribe(bus.names.subjects.historian('work'), {
    callback: () => {
      const ended = { state: 'done' as const, ended_on: formatTime(nowMicros()) }
      db.updateTable('historian_jobs')
        .set(ended)
        .where('state', '=', 'waiting')
        .execute()
        .catch(() => {
          // The site ended meanwhile.
        })
    },
  })
}

/** Stands where the writer does: deletes the row, and mends what the rollup says of the newest reading. */
export function startHistorian({ bus: { bus }, db: { db } }: Pick<ApiSite, 'bus' | 'db'>): Responder {
  return respond(bus, bus.names.subjects.historian('delete'), DeleteDatapoint, ({ event, time }) =>
    db.transaction().execute(async (trx): Promise<DeletedDatapoints> => {
      const { numAffectedRows } = await sql`
        DELETE FROM datapoints USING events WHERE event_id = events.id AND public_id = ${event} AND ts = ${time}`.execute(
        trx,
      )
      await sql`
        UPDATE datapoint_rollups SET last_at = newest.ts, last = newest.value FROM (
          SELECT event_id, ts, value FROM datapoints JOIN events ON events.id = event_id WHERE public_id = ${event} ORDER BY ts DESC LIMIT 1
        ) newest WHERE datapoint_rollups.event_id = newest.event_id`.execute(trx)
      return { deleted: Number(numAffectedRows) }
    }),
  )
}
