import type { LiveState } from '@webmacs/client'
import { formatLastTime } from '../../lib/format.ts'
import type { LiveReading } from '../live/reading-store.ts'
import { isStale } from '../live/staleness.ts'

/** What the values of the legend stand for: the present while one of them does, else the time of the newest. */
export function legendHeading(readings: readonly LiveReading[], nowMs: number, state: LiveState): string {
  const isOld = readings.length > 0 && readings.every((reading) => isStale(reading, nowMs, state))
  if (!isOld) return 'Now'
  const newest = Math.max(...readings.map(({ time }) => time ?? Number.NEGATIVE_INFINITY))
  return Number.isFinite(newest) ? `Stale – last value ${formatLastTime(newest / 1000, nowMs)}` : 'Stale'
}
