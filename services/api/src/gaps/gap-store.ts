import { type EventId, formatTime, type Gap, type GapQuery } from '@webmacs/contracts'
import { moment, type Tables } from '@webmacs/database'
import { momentIn } from '@webmacs/http-kit/moments'
import { limitOf, offsetOf } from '@webmacs/http-kit/paging'
import { type Kysely, type SelectQueryBuilder, sql } from 'kysely'

/**
 * What is missing for good, the newest first.
 * @throws AppError `request.invalid` for a moment that is none
 */
export async function listGaps(db: Kysely<Tables>, query: GapQuery): Promise<{ total: number; gaps: Gap[] }> {
  const select = selectedBy(query)
  const [rows, counted] = await Promise.all([
    select(db.selectFrom('reading_gaps'))
      .selectAll()
      .orderBy('from_time', 'desc')
      .orderBy('id', 'desc')
      .limit(limitOf(query))
      .offset(offsetOf(query))
      .execute(),
    select(db.selectFrom('reading_gaps'))
      .select(({ fn }) => fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow(),
  ])
  const gaps = rows.map(
    (row): Gap => ({
      id: row.id,
      source: row.source,
      reason: row.reason,
      from: formatTime(row.from_time),
      to: formatTime(row.to_time),
      instance_public_id: row.instance_public_id,
      event_public_ids: row.event_public_ids,
      frames: row.first_seq === null || row.last_seq === null ? null : row.last_seq - row.first_seq + 1,
      recorded_on: formatTime(row.recorded_on),
    }),
  )
  return { total: counted.total, gaps }
}

type Selection<O> = SelectQueryBuilder<Tables, 'reading_gaps', O>

/** What a query asks for, as conditions on the ledger. A gap without events concerns all of them. */
function selectedBy({ event, from, to }: GapQuery): <O>(all: Selection<O>) => Selection<O> {
  const after = from === undefined ? undefined : momentIn('query.from', from)
  const before = to === undefined ? undefined : momentIn('query.to', to)
  return (all) => {
    let selection = all
    if (event !== undefined) {
      const id = event as EventId // any text is looked up; of an unknown event only what concerns all is missing
      selection = selection.where(sql<boolean>`(event_public_ids = '{}' OR ${id} = ANY (event_public_ids))`)
    }
    if (after !== undefined) selection = selection.where('to_time', '>=', moment(after))
    if (before !== undefined) selection = selection.where('from_time', '<', moment(before))
    return selection
  }
}
