import {
  AppError,
  type DesiredValveCycle,
  type EventId,
  type EventType,
  type ValveCycleSettings,
} from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import type { Kysely } from 'kysely'
import { outputOfEvent } from '../commands/find-output.ts'

/** A cycle that can be run: by which controller, with which events. */
export interface UsableCycle {
  readonly ok: true
  readonly controller: string
  readonly cycle: Pick<DesiredValveCycle, 'button' | 'valve'> & { readonly opened: EventId; readonly closed: EventId }
}

/** With what is missing, as a sentence. */
export type ResolvedCycle = UsableCycle | { readonly ok: false; readonly problem: string }

const ROLES = [
  { field: 'button_event', type: 'cmd_button', name: 'button' },
  { field: 'open_time_event', type: 'cmd_opened', name: 'open time' },
  { field: 'close_time_event', type: 'cmd_closed', name: 'close time' },
] as const satisfies readonly { field: keyof ValveCycleSettings; type: EventType; name: string }[]

interface EventRow {
  readonly public_id: EventId
  readonly type: EventType
}

/** Whether the cycle could be run as the tables are now. */
export async function resolveCycle(db: Kysely<Tables>, settings: ValveCycleSettings): Promise<ResolvedCycle> {
  const named = ROLES.map(({ field }) => settings[field]).filter((event) => event !== null)
  const events = await db
    .selectFrom('events')
    .select(['public_id', 'type'])
    .where('retired_on', 'is', null)
    .where(({ eb, or }) =>
      or([
        eb('type', 'in', ['cmd_button', 'cmd_opened', 'cmd_closed']),
        ...(named.length === 0 ? [] : [eb('public_id', 'in', named as EventId[])]), // any text is looked up
      ]),
    )
    .execute()
  const [button, opened, closed] = ROLES.map((role) => eventOf(role, settings[role.field], events))
  const problem = [button, opened, closed].find((found) => found?.problem !== undefined)?.problem
  if (problem !== undefined) return unusable(problem)
  if (!button?.event || !opened?.event || !closed?.event) throw new Error('a role without an event has a problem')
  if (settings.valve_event === null) return unusable('No event is named as the valve.')
  const ids = [button.event, opened.event, closed.event, settings.valve_event]
  if (new Set(ids).size < ids.length) return unusable('Button, times and valve must be four different events.')
  return withValve(db, settings.valve_event, { button: button.event, opened: opened.event, closed: closed.event })
}

async function withValve(
  db: Kysely<Tables>,
  id: string,
  events: { button: EventId; opened: EventId; closed: EventId },
): Promise<ResolvedCycle> {
  try {
    const { controller, instance, channel } = await outputOfEvent(db, id)
    return { ok: true, controller, cycle: { ...events, valve: { event: id as EventId, instance, channel } } } // found under it
  } catch (err) {
    if (!(err instanceof AppError) || err.code === 'internal') throw err
    return unusable(`The valve cannot be set: ${err.message}`)
  }
}

function eventOf(
  { type, name }: (typeof ROLES)[number],
  named: string | null,
  events: readonly EventRow[],
): { readonly event?: EventId; readonly problem?: string } {
  const found = events.filter((event) => (named === null ? event.type === type : event.public_id === named))
  const [only] = found
  if (only !== undefined && found.length === 1) return { event: only.public_id }
  if (named !== null) return { problem: `The event '${named}', named as the ${name}, does not exist.` }
  if (only === undefined) return { problem: `There is no event of type ${type} for the ${name}.` }
  return { problem: `There are ${found.length} events of type ${type}: name the one that is the ${name}.` }
}

const unusable = (problem: string): ResolvedCycle => ({ ok: false, problem })
