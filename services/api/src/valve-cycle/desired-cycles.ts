import { controllerKeys, type DesiredValveCycle, type EventId, formatTime, parseTime } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import type { Kysely } from 'kysely'
import type { LastValues } from '../datapoints/last-values.ts'
import { readCycleSettings } from './cycle-settings.ts'
import { resolveCycle, type UsableCycle } from './resolve-cycle.ts'

export interface CycleSources {
  /** Event of the valve for as long as nobody has set the cycle up. */
  readonly initialValve: string | undefined
  readonly lastValues: Pick<LastValues, 'of'>
}

/** The cycle that is on and can be run; undefined: there is none. */
export async function readUsableCycle(
  db: Kysely<Tables>,
  initialValve: string | undefined,
): Promise<UsableCycle | undefined> {
  const settings = await readCycleSettings(db, initialValve)
  const resolved = settings.enabled ? await resolveCycle(db, settings) : undefined
  return resolved?.ok === true ? resolved : undefined
}

/** Events that people set for the cycle, though no device need have them. */
export async function readCycleEvents(db: Kysely<Tables>, initialValve: string | undefined): Promise<Set<EventId>> {
  const { button, opened, closed } = (await readUsableCycle(db, initialValve))?.cycle ?? {}
  return new Set([button, opened, closed].filter((event) => event !== undefined))
}

/** What controllers shall be told of the cycle: key in the bucket `controllers` → cycle; at most one. */
export async function readDesiredCycles(
  db: Kysely<Tables>,
  { initialValve, lastValues }: CycleSources,
): Promise<Map<string, DesiredValveCycle>> {
  const usable = await readUsableCycle(db, initialValve)
  if (usable === undefined) return new Map()
  const { controller, cycle } = usable
  const [opened, closed] = [lastValues.of(cycle.opened), lastValues.of(cycle.closed)]
  const desired = {
    ...cycle,
    open_seconds: opened?.value ?? null,
    open_seconds_time: opened === undefined ? null : formatTime(opened.time),
    close_seconds: closed?.value ?? null,
    close_seconds_time: closed === undefined ? null : formatTime(closed.time),
  }
  return new Map([[controllerKeys.cycle(controller), desired]])
}

/** Another instance of this service may have heard a newer value, and told it. */
export function withNewerTimes(wanted: DesiredValveCycle, told: DesiredValveCycle | undefined): DesiredValveCycle {
  if (told === undefined) return wanted
  const { open_seconds, open_seconds_time, close_seconds, close_seconds_time } = told
  return {
    ...wanted,
    ...(told.opened === wanted.opened &&
      isNewer(open_seconds_time, wanted.open_seconds_time) && { open_seconds, open_seconds_time }),
    ...(told.closed === wanted.closed &&
      isNewer(close_seconds_time, wanted.close_seconds_time) && { close_seconds, close_seconds_time }),
  }
}

const isNewer = (one: string | null, other: string | null): boolean =>
  (parseTime(one ?? '') ?? Number.NEGATIVE_INFINITY) > (parseTime(other ?? '') ?? Number.NEGATIVE_INFINITY)
