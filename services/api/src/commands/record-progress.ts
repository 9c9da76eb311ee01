import {
  type ChannelDescription,
  COMMAND_STATES,
  type CommandErrorCode,
  type CommandId,
  type CommandReport,
  type CommandState,
  formatTime,
  isFinalState,
  nowMicros,
} from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { type CommandRow, progressOf } from './command-answer.ts'

const OPEN = COMMAND_STATES.filter((state) => !isFinalState(state))
const isOpen = (state: RawBuilder<unknown>): RawBuilder<boolean> => sql<boolean>`${state} = ANY(${OPEN}::text[])`

/** Tells everybody who follows changes what became final, in the statement that makes it so. */
const told = (rows: RawBuilder<unknown>): RawBuilder<unknown> => sql`
  INSERT INTO change_outbox (entity, verb, entity_id, user_public_id)
  SELECT 'command', state, public_id, CASE actor_kind WHEN 'user' THEN actor_id END FROM ${rows}
  WHERE NOT ${isOpen(sql`state`)}`

/**
 * Takes over what a controller says of a command, in one statement. Reports come more than once, by the answer and by the stream, and in any
 * order: a later one wins, nothing goes back. What only we have said (that it was requested, that nobody answered) gives way to any report.
 * Of a command of another controller a report says nothing.
 * A command that nobody asked us for, as the valve cycle's, becomes known by its first report.
 * @param channel how the controller calls the channel, for one that is not mapped
 */
export async function recordReport(
  db: Kysely<Tables>,
  report: CommandReport,
  channel?: ChannelDescription,
): Promise<void> {
  const { id, controller, instance, event, value, requested_by: by, reason = null } = report
  const { state, code, detail, previous, written, clamped, readback, transitions } = progressOf(report)
  const mapped = (column: string): RawBuilder<string> => sql<string>`(
    SELECT channel_mappings.${sql.ref(column)} FROM channel_mappings JOIN plugin_instances ON plugin_instances.id = instance_id
    WHERE plugin_instances.public_id = ${instance} AND channel_id = ${report.channel}
  )`
  const count = (row: string): RawBuilder<number> => sql<number>`jsonb_array_length(${sql.ref(`${row}.transitions`)})`
  await sql`
    WITH recorded AS (
      INSERT INTO commands AS known (
        public_id, controller, instance_public_id, instance_name, channel_id, channel_name, unit, event_public_id, value,
        actor_kind, actor_id, actor_name, reason, requested_on, expires_on,
        state, code, detail, previous, written, clamped, readback, transitions
      ) VALUES (
        ${id}, ${controller}, ${instance},
        coalesce((SELECT instance_name FROM plugin_instances WHERE public_id = ${instance}), ${instance}),
        ${report.channel}, coalesce(${mapped('channel_name')}, ${channel?.name ?? report.channel}),
        coalesce(${mapped('unit')}, ${channel?.unit ?? ''}), ${event}, ${value},
        ${by.kind}, ${by.id}, ${by.name}, ${reason}, ${report.requested_on}, ${report.expires_at},
        ${state}, ${code}, ${detail}, ${previous}, ${written}, ${clamped}, ${readback}, ${JSON.stringify(transitions)}
      )
      ON CONFLICT (public_id) DO UPDATE SET
        state = excluded.state, code = excluded.code, detail = excluded.detail, previous = excluded.previous,
        written = excluded.written, clamped = excluded.clamped, readback = excluded.readback, transitions = excluded.transitions
      WHERE known.controller = excluded.controller AND (
        known.state = 'requested'
        OR (known.state = 'timeout' AND known.code = 'controller.away' AND ${count('excluded')} >= ${count('known')})
        OR (NOT ${isOpen(sql`excluded.state`)}, ${count('excluded')}) > (NOT ${isOpen(sql`known.state`)}, ${count('known')})
      )
      RETURNING public_id, state, actor_kind, actor_id
    )
    ${told(sql`recorded`)}`.execute(db)
}

export interface Ending {
  readonly state: CommandState
  readonly code: CommandErrorCode
  readonly detail: string
}

/**
 * Ends a command of which its controller has said nothing.
 * @returns the row as it is then; undefined: a report came first
 */
export async function endRequested(db: Kysely<Tables>, id: CommandId, ending: Ending): Promise<CommandRow | undefined> {
  const [row] = await end(db, ending, sql`public_id = ${id} AND state = 'requested'`)
  return row
}

const ABANDONED: Ending = {
  state: 'timeout',
  code: 'controller.away',
  detail: 'Nobody said what became of it.',
}

/**
 * Ends commands whose controller, or whose instance of this service, was killed before it could: a quarter of an hour after their expiry,
 * which is longer than a read-back may take.
 */
export async function endAbandoned(db: Kysely<Tables>): Promise<void> {
  await end(
    db,
    ABANDONED,
    sql`${isOpen(sql`state`)} AND requested_on > now() - interval '7 days' AND expires_on < now() - interval '15 minutes'`,
  )
}

async function end(db: Kysely<Tables>, ending: Ending, which: RawBuilder<unknown>): Promise<CommandRow[]> {
  const { state, code, detail } = ending
  const transition = JSON.stringify([{ state, time: formatTime(nowMicros()) }])
  const { rows } = await sql<CommandRow>`
    WITH ended AS (
      UPDATE commands SET state = ${state}, code = ${code}, detail = ${detail}, transitions = transitions || ${transition}::jsonb
      WHERE ${which}
      RETURNING *
    ), told AS (${told(sql`ended`)})
    SELECT * FROM ended`.execute(db)
  return rows
}
