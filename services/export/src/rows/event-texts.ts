import { datapointIdPrefix } from '@webmacs/contracts'
import type { ResolvedSelection } from '../selection/resolve-selection.ts'

/** What rows say of their event, one for each event in the order of columns. */
export const eventTexts = (events: ResolvedSelection['events']) => ({
  names: events.map(({ name }) => name),
  ids: events.map(({ public_id }): string => public_id),
  units: events.map(({ unit }) => unit),
  datapointPrefixes: events.map(({ public_id }) => datapointIdPrefix(public_id)),
})

export function positionsIn(positions: Int32Array, keys: Int32Array): Int32Array {
  const codes = new Int32Array(keys.length)
  for (let row = 0; row < keys.length; row += 1) codes[row] = positions[keys[row] ?? 0] ?? 0
  return codes
}
