import type { LiveState } from '@webmacs/client'
import type { EventId } from '@webmacs/contracts'
import { useCallback, useEffect, useSyncExternalStore } from 'react'
import { useServices } from '../../app/services.ts'
import type { LiveReading } from './reading-store.ts'
import { isStale } from './staleness.ts'

/** The newest reading of one event; renders only when that event changes. */
export function useLiveReading(eventId: EventId): LiveReading | undefined {
  const { readings } = useServices().live
  const subscribe = useCallback((onChange: () => void) => readings.subscribe(eventId, onChange), [readings, eventId])
  return useSyncExternalStore(subscribe, () => readings.latest(eventId))
}

export function useLiveState(): LiveState {
  const { live } = useServices()
  return useSyncExternalStore(live.subscribe, live.state)
}

/** What `select` makes of the server's wall clock (milliseconds); renders only when the outcome changes, so let it be a string or a boolean. */
export function useTicking<T extends string | number | boolean | undefined>(select: (nowMs: number) => T): T {
  const { ticker } = useServices().live
  return useSyncExternalStore(ticker.subscribe, () => select(ticker.now()))
}

export function useIsStale(reading: LiveReading | undefined): boolean {
  const state = useLiveState()
  return useTicking((nowMs) => reading !== undefined && isStale(reading, nowMs, state))
}

/** Keeps the live connection open while the component is on screen. */
export function useLiveConnection(): void {
  const { live } = useServices()
  useEffect(() => {
    live.start()
    return () => live.stop()
  }, [live])
}
