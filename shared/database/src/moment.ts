import { formatTime, type Micros } from '@webmacs/contracts'
import { type RawBuilder, sql } from 'kysely'

/** A moment as a `timestamptz` parameter, for comparisons: rows give microseconds, statements take ISO 8601. */
export const moment = (time: Micros): RawBuilder<Micros> => sql<Micros>`${formatTime(time)}::timestamptz`
