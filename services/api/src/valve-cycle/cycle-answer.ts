import type { ReportedValveCycle, ValveCycle } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import type { Kysely } from 'kysely'
import { readCycleSettings } from './cycle-settings.ts'
import { resolveCycle } from './resolve-cycle.ts'

/** What controllers say of the cycle. */
export interface CycleStates {
  cycleState(controller: string): ReportedValveCycle | undefined
  isSilent(controller: string): boolean
}

/** The cycle as it is set up, and how it is. */
export async function readCycle(
  db: Kysely<Tables>,
  states: CycleStates,
  initialValve: string | undefined,
): Promise<ValveCycle> {
  const settings = await readCycleSettings(db, initialValve)
  if (!settings.enabled) return { ...settings, state: 'off', since: null, error_message: null }
  const unusable = (error_message: string): ValveCycle => ({
    ...settings,
    ...{ state: 'unusable', since: null, error_message },
  })
  const resolved = await resolveCycle(db, settings)
  if (!resolved.ok) return unusable(resolved.problem)
  const { controller } = resolved
  if (states.isSilent(controller)) return unusable(`The controller '${controller}' does not answer.`)
  const reported = states.cycleState(controller)
  if (reported === undefined) return unusable(`The controller '${controller}' has not taken the cycle over yet.`)
  const { phase, since, error_message } = reported
  return { ...settings, state: phase, since, error_message }
}
