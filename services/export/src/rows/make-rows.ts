import type { ResolvedSelection } from '../selection/resolve-selection.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import { longIntervals } from './long-intervals.ts'
import { longReadings } from './long-readings.ts'
import type { RowSource } from './row-source.ts'
import { wideIntervals } from './wide-intervals.ts'
import { wideLinear } from './wide-linear.ts'
import { wideReadings } from './wide-readings.ts'

/** The rows that a selection asks for. */
export function makeRows(snapshot: Snapshot, resolved: ResolvedSelection): RowSource {
  const { shape, every, method } = resolved.selection
  if (shape === 'long') return every === 'raw' ? longReadings(snapshot, resolved) : longIntervals(snapshot, resolved)
  switch (method) {
    case 'none':
      return wideReadings(snapshot, resolved)
    case 'linear':
      return wideLinear(snapshot, resolved)
    default:
      return wideIntervals(snapshot, resolved, method)
  }
}
