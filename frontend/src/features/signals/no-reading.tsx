import type { EventId } from '@webmacs/contracts'
import { useState } from 'react'
import { useServices } from '../../app/services.ts'
import { useTicking } from '../live/hooks.ts'
import { type Absence, describeAbsence } from './absence.ts'

interface NoReadingProps {
  readonly isInstanceRunning: boolean
  /** The sensors of the instance. */
  readonly siblings: readonly EventId[]
}

/** Stands where the age would: the reading is still to come, or this host has no such sensor. */
export function NoReading({ isInstanceRunning, siblings }: NoReadingProps) {
  const { readings } = useServices().live
  // This device's own clock: the server's is not known yet when the page opens.
  const [since] = useState(() => performance.now())
  const text = useTicking(() => {
    const absence: Absence = {
      isInstanceRunning,
      haveSiblingsReadings: siblings.some((id) => readings.latest(id)?.value !== undefined),
      waitedMs: performance.now() - since,
    }
    return describeAbsence(absence)
  })
  return <span>{text}</span>
}
