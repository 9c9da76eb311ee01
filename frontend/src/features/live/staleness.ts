import { type LiveState, POLL_INTERVAL_MS } from '@webmacs/client'
import type { LiveReading } from './reading-store.ts'

/** Never called stale before this, however fast the signal: network and screen need their time too. */
const MIN_STALE_MS = 3000
/** For a signal whose rhythm is not known yet. */
const UNKNOWN_STALE_MS = 10_000
/** So many readings must be missing. */
const MISSED_READINGS = 3
/** A learned rhythm is believed up to here: the first interval after a long pause says nothing about the rhythm. */
const MAX_INTERVAL_MS = 3_600_000

/** Whether values on screen can be true at all, as far as the connection is concerned. */
export function canValuesArrive(state: LiveState): boolean {
  switch (state.status) {
    case 'live':
      return state.source === 'live'
    case 'polling':
      return true
    case 'connecting':
      return state.reason === undefined // the very first attempt: what is shown was asked for a moment ago
    case 'stopped':
      return false
  }
}

/** Whether a reading is too old to stand for the present. @param nowMs the server's wall clock */
export function isStale(reading: LiveReading, nowMs: number, state: LiveState): boolean {
  if (!canValuesArrive(state)) return true
  const newest = reading.faultTime ?? reading.time
  if (newest === undefined) return false
  if (reading.faultTime !== undefined) return true
  const interval = reading.intervalMs === undefined ? undefined : Math.min(reading.intervalMs, MAX_INTERVAL_MS)
  const byRhythm = interval === undefined ? UNKNOWN_STALE_MS : MISSED_READINGS * interval
  const allowance = state.status === 'polling' ? 2 * POLL_INTERVAL_MS : 0
  return nowMs - newest / 1000 > Math.max(MIN_STALE_MS, byRhythm) + allowance
}
