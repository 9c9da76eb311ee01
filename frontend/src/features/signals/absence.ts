/** What is known of a sensor that has had no reading. */
export interface Absence {
  readonly isInstanceRunning: boolean
  readonly haveSiblingsReadings: boolean
  /** For how long the page has waited for a reading. */
  readonly waitedMs: number
}

/** A first reading is waited for so long. */
const PATIENCE_MS = 30_000

/** Tells a reading that is still to come from one that this host has no sensor for. */
export function describeAbsence({ isInstanceRunning, haveSiblingsReadings, waitedMs }: Absence): string {
  const isMissing = isInstanceRunning && haveSiblingsReadings && waitedMs >= PATIENCE_MS
  return isMissing ? 'Not available here' : 'No reading yet'
}
