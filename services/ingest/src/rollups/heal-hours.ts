import type { Micros } from '@webmacs/contracts'
import { type Database, isAboutValues } from '@webmacs/database'
import type pg from 'pg'
import { inTransaction } from '../commit/in-transaction.ts'
import { holdRolling } from './hold-rollups.ts'
import { type EventHour, putMarks } from './mark-stale.ts'
import { rebuildCoarse } from './rebuild-coarse.ts'

export interface Healed {
  /** Marks that were removed. */
  readonly hours: number
  /** Coarse rollups that were made or changed. */
  readonly rollups: number
  /** Hours that the database refused to make, because of what is in them: they stay marked, and are read from their minutes. */
  readonly refused: number
  /** Why the first of them was refused. */
  readonly error?: unknown
  /** The last mark that was looked at; undefined: behind it there was none any more at this moment. */
  readonly next: EventHour | undefined
}

/** So many hours of an event at a time: 60,000 minutes' rollups at most, which is less than a second. */
const MAX_HOURS = 1000

/**
 * A mark that a writer holds is passed over: it comes again when that writer has committed. One that is not held is locked until we commit, so
 * that what a writer adds from now on gets a new mark.
 */
const TAKE_MARKS = `
  DELETE FROM stale_rollups WHERE (event_id, hour) IN (
    SELECT event_id, hour FROM stale_rollups
    WHERE (event_id, hour) > ($1::int, timestamptz 'epoch' + $2::int8 * interval '1 microsecond')
    ORDER BY event_id, hour LIMIT ${MAX_HOURS} FOR UPDATE SKIP LOCKED
  ) RETURNING event_id AS event, hour`
const MINUTES_FROM = 'SELECT minutes_from FROM historian_state'

/**
 * Makes some of the stale hours' coarse rollups anew, in one transaction. The marks go first: whatever was committed before is seen by the
 * statements that follow. Hours whose minutes retention has removed keep the rollups they have.
 * @param after takes marks from behind this one on: `next` of the call before, so that hours that are refused do not come again and again
 */
export async function healHours(database: Database, after: EventHour = { event: 0, hour: 0 }): Promise<Healed> {
  return inTransaction(database, async (client) => {
    await holdRolling(client)
    const { rows } = await client.query<EventHour>(TAKE_MARKS, [after.event, after.hour])
    if (rows.length === 0) return { hours: 0, rollups: 0, refused: 0, next: undefined }
    const marks = rows.toSorted((a, b) => a.event - b.event || a.hour - b.hour)
    const state = await client.query<{ minutes_from: Micros }>(MINUTES_FROM)
    const minutesFrom = state.rows[0]?.minutes_from ?? 0
    const refused: Refused[] = []
    const whole = marks.filter(({ hour }) => hour >= minutesFrom)
    const rollups = await rebuildWhatCanBe(client, whole, refused)
    await putMarks(
      client,
      refused.map(({ mark }) => mark),
    )
    const next = marks.length === MAX_HOURS ? marks.at(-1) : undefined
    return { hours: marks.length - refused.length, rollups, refused: refused.length, error: refused[0]?.error, next }
  })
}

interface Refused {
  readonly mark: EventHour
  readonly error: unknown
}

/** In halves where the database refuses what is in the hours, so that one of them does not keep the others from being made. */
async function rebuildWhatCanBe(
  client: pg.ClientBase,
  marks: readonly EventHour[],
  refused: Refused[],
): Promise<number> {
  await client.query('SAVEPOINT hours')
  try {
    const rollups = await rebuildCoarse(client, marks)
    await client.query('RELEASE SAVEPOINT hours')
    return rollups
  } catch (error) {
    const [mark] = marks
    if (!isAboutValues(error) || mark === undefined) throw error
    await client.query('ROLLBACK TO SAVEPOINT hours')
    await client.query('RELEASE SAVEPOINT hours')
    if (marks.length === 1) {
      refused.push({ mark, error })
      return 0
    }
    const middle = Math.ceil(marks.length / 2)
    const first = await rebuildWhatCanBe(client, marks.slice(0, middle), refused)
    return first + (await rebuildWhatCanBe(client, marks.slice(middle), refused))
  }
}
