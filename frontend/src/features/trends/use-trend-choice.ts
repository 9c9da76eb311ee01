import { readLocalStorageValue, useLocalStorage } from '@mantine/hooks'
import { useMemo } from 'react'
import type { SignalGroup } from '../signals/signal-groups.ts'
import { firstChoice } from './chart-plan.ts'
import { DEFAULT_MINUTES, WINDOWS } from './series-query.ts'

const SIGNALS_KEY = 'dashboard:trend-signals'
const MINUTES_KEY = 'dashboard:trend-minutes'

/** What the trend shows; remembered by this browser. */
export function useTrendChoice(groups: readonly SignalGroup[]) {
  const [stored, setSignals] = useLocalStorage<unknown>({
    key: SIGNALS_KEY,
    defaultValue: readLocalStorageValue<unknown>({ key: SIGNALS_KEY }),
    getInitialValueInEffect: false,
  })
  const [storedMinutes, setMinutes] = useLocalStorage<unknown>({
    key: MINUTES_KEY,
    defaultValue: DEFAULT_MINUTES,
    getInitialValueInEffect: false,
  })
  const signals = useMemo(() => chosenSignals(stored, groups), [stored, groups])
  const minutes = WINDOWS.find((window) => window.minutes === storedMinutes)?.minutes ?? DEFAULT_MINUTES
  return { signals, setSignals, minutes, setMinutes }
}

/** What was stored, without events that are gone; the first choice when nothing of it is left that once was. */
function chosenSignals(stored: unknown, groups: readonly SignalGroup[]): string[] {
  if (!Array.isArray(stored)) return firstChoice(groups)
  const known = new Set<unknown>(
    groups.flatMap(({ sensors, controls }) => [...sensors, ...controls].map(({ event }) => event.public_id)),
  )
  const left = stored.filter((id: unknown): id is string => typeof id === 'string' && known.has(id))
  return left.length === 0 && stored.length > 0 ? firstChoice(groups) : left
}
