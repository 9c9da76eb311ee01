import type { Micros, Retention } from '@webmacs/contracts'

export interface Measured {
  readonly datapoints: number
  readonly datapointBytes: number
  readonly rollupBytes: number
  /** Null: not known. */
  readonly diskFreeBytes: number | null
  readonly measuredOn: Micros
  /** Datapoints of the 24 hours before. */
  readonly lastDay: number
}

export interface Forecast {
  readonly bytesPerDatapoint: number | null
  readonly bytesPerDay: number
  /** When the disk is full at today's rate; null: not known, or retention keeps it from that. */
  readonly fullOn: Micros | null
}

const DAY: Micros = 86_400_000_000
/** What is further off is no forecast, and might be no year that can be written. */
const FURTHEST_DAYS = 36_500

/** What a day adds, and how long the disk has room for that. */
export function forecast(measured: Measured, retention: Retention): Forecast {
  const { datapoints, datapointBytes, rollupBytes, diskFreeBytes, measuredOn, lastDay } = measured
  if (datapoints === 0) return { bytesPerDatapoint: null, bytesPerDay: 0, fullOn: null }
  const bytesPerDatapoint = (datapointBytes + rollupBytes) / datapoints
  const bytesPerDay = lastDay * bytesPerDatapoint
  const known = { bytesPerDatapoint, bytesPerDay }
  if (diskFreeBytes === null || bytesPerDay === 0) return { ...known, fullOn: null }
  const days = diskFreeBytes / bytesPerDay
  if (days > FURTHEST_DAYS || levelsOff(measured, retention, bytesPerDay)) return { ...known, fullOn: null }
  return { ...known, fullOn: measuredOn + Math.round(days * DAY) }
}

/** With a retention of everything but the few hourly rollups, what is held grows no further than so many days of today's rate. */
function levelsOff(
  { datapointBytes, rollupBytes, diskFreeBytes }: Measured,
  { raw_days, minute_days }: Retention,
  bytesPerDay: number,
): boolean {
  if (raw_days === null || minute_days === null) return false
  const held = datapointBytes + rollupBytes
  const rollupShare = rollupBytes / held
  const atMost = bytesPerDay * ((1 - rollupShare) * raw_days + rollupShare * minute_days)
  return atMost <= held + (diskFreeBytes ?? 0)
}
