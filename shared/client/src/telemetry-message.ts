import type { TelemetryAnswer } from '@webmacs/contracts'

/** Reads an answer of the telemetry socket; undefined for what is none. */
export function readTelemetryAnswer(data: unknown): TelemetryAnswer | undefined {
  try {
    const value: unknown = JSON.parse(String(data))
    if (typeof value !== 'object' || value === null || !('type' in value)) return undefined
    return value as TelemetryAnswer // what the server sends follows the contracts' schema
  } catch {
    return undefined // not JSON: the batch it may have answered is sent again after a while
  }
}
