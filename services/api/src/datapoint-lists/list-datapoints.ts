import { type DatapointPage, type DatapointQuery, datapointId } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { limitOf, offsetOf, pageAnswer } from '@webmacs/http-kit/paging'
import { invalidField } from '@webmacs/http-kit/schema-validation'
import type { Kysely } from 'kysely'
import { type DatapointRow, datapointAnswer } from '../datapoints/datapoint-answer.ts'
import { type ListScope, resolveScope, type Stretch } from './list-scope.ts'
import { totalOf } from './list-total.ts'
import { placeOf } from './page-place.ts'
import { readDown } from './page-reader.ts'

export interface ListOptions {
  readonly db: Kysely<Tables>
  /** Milliseconds, never going back. */
  readonly clock?: () => number
}

/** So many are passed over by reading them: quicker than looking up where they end. */
const SHALLOW = 1000
/** How long one request looks for datapoints of a class that rollups do not count, ms. */
const SEARCH_MS = 1000

/**
 * One page of the datapoints that a query asks for, newest first, those of a moment in order of their events.
 * @throws AppError `event.unknown`, `experiment.unknown`, `request.invalid`
 */
export async function listDatapoints(options: ListOptions, query: DatapointQuery): Promise<DatapointPage> {
  const { db } = options
  const scope = await resolveScope(db, query)
  const limit = limitOf(query)
  const [found, { total, isEstimate }] = await Promise.all([readPage(options, scope, query), totalOf(db, scope)])
  const rows = found.rows.slice(0, limit)
  const passed = query.cursor === undefined && rows.length > 0 ? offsetOf(query) : 0
  return {
    ...pageAnswer(query, Math.max(total, passed + rows.length), rows.map(datapointAnswer)),
    total_is_estimate: isEstimate,
    next_cursor: nextCursor(scope, found, limit),
  }
}

interface Found {
  readonly rows: readonly DatapointRow[]
  readonly stoppedAt: number | undefined
}

/** A row more than the page has, where there are more. */
async function readPage({ db, clock = () => performance.now() }: ListOptions, scope: ListScope, query: DatapointQuery) {
  const deadline = clock() + SEARCH_MS
  const left = (): number => deadline - clock()
  const want = limitOf(query) + 1
  const rows: DatapointRow[] = []
  let skip = scope.after === undefined ? offsetOf(query) : 0
  for (const whole of scope.stretches) {
    const stretch = onlyAfter(scope, whole)
    if (stretch.from >= stretch.to) continue
    const place =
      scope.quality === 'shown' && skip > SHALLOW
        ? await placeOf({ db, events: scope.events }, stretch, skip)
        : { before: stretch.to, skip }
    const below = { from: stretch.from, to: place.before }
    const found = await readDown({ db, scope, stretch: below, skip: place.skip, want: want - rows.length, left })
    rows.push(...found.rows)
    skip = found.skip
    if (found.stoppedAt !== undefined && skip > 0) {
      const field = query.skip === undefined ? 'query.page' : 'query.skip'
      throw invalidField(field, 'reaches further back than one request looks for this quality: follow next_cursor')
    }
    if (found.stoppedAt !== undefined || rows.length >= want) return { rows, stoppedAt: found.stoppedAt }
  }
  return { rows, stoppedAt: undefined }
}

const onlyAfter = ({ after }: ListScope, { from, to }: Stretch): Stretch => ({
  from,
  to: after === undefined ? to : Math.min(to, after.time + 1),
})

/** The last datapoint of the page, or where the search ended without a full one. */
function nextCursor({ lastEvent }: ListScope, { rows, stoppedAt }: Found, limit: number): string | null {
  const last = rows[limit - 1]
  if (rows.length > limit && last !== undefined) return datapointId({ event: last.event, time: last.ts })
  if (stoppedAt === undefined || lastEvent === undefined) return null
  return datapointId({ event: lastEvent, time: stoppedAt })
}
