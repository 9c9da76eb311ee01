import type { Principal } from '@webmacs/auth/fastify'
import { AppError, type EventId, type ValveCycleSettings } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Changes } from '../changes/changes.ts'
import { holdEvent } from '../events/hold-event.ts'
import { holdLock } from '../instance-lock.ts'
import { resolveCycle } from './resolve-cycle.ts'

const KEY = 'valve-cycle'

/** @param initialValve event of the valve for as long as nobody has set the cycle up; it is on then */
export async function readCycleSettings(
  db: Kysely<Tables>,
  initialValve: string | undefined,
): Promise<ValveCycleSettings> {
  const row = await db.selectFrom('installation').select('value').where('key', '=', KEY).executeTakeFirst()
  return row === undefined ? initialSettings(initialValve) : (row.value as ValveCycleSettings) // as it was written below
}

const initialSettings = (valve: string | undefined): ValveCycleSettings => ({
  ...{ enabled: valve !== undefined, valve_event: valve ?? null },
  ...{ button_event: null, open_time_event: null, close_time_event: null },
})

/** @throws AppError `event.unknown`, `cycle.unusable` when it is to be on */
export async function writeCycleSettings(
  changes: Changes,
  wanted: ValveCycleSettings,
  { by, initialValve }: { readonly by: Principal; readonly initialValve: string | undefined },
): Promise<void> {
  const { enabled, button_event, open_time_event, close_time_event, valve_event } = wanted
  const after = { enabled, button_event, open_time_event, close_time_event, valve_event }
  await changes.make(by, async ({ trx, record }) => {
    await holdLock(trx, 'valve-cycle')
    const before = await readCycleSettings(trx, initialValve)
    await holdNamed(trx, after)
    const resolved = enabled ? await resolveCycle(trx, after) : undefined
    if (resolved?.ok === false) throw new AppError('cycle.unusable', { detail: resolved.problem })
    const value = JSON.stringify(after)
    await trx
      .insertInto('installation')
      .values({ key: KEY, value })
      .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: sql`excluded.value` }))
      .execute()
    await record({ entity: 'valve_cycle', verb: 'updated', id: KEY, before, after })
  })
}

/** In one order, so that two who do so do not wait for one another. */
async function holdNamed(trx: Transaction<Tables>, { enabled: _, ...named }: ValveCycleSettings): Promise<void> {
  const events = Object.values(named).filter((event) => event !== null)
  for (const event of [...new Set(events)].sort()) await holdEvent(trx, event as EventId) // any text is looked up
}
