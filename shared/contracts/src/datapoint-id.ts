import type { EventId } from './ids.ts'
import type { Micros } from './time.ts'

/** What a datapoint's public id stands for: it is derived from its key, not stored. */
export interface DatapointKey {
  readonly event: EventId
  readonly time: Micros
}

const RADIX = 36
const FORM = /^dp_([0-9a-z]{12})_([0-9a-z]{1,11})$/

/** `dp_7k2m9q4tx3ab_1g5w2k3v9q`: the event's random part and the microseconds since 1970, in base 36. */
export const datapointId = ({ event, time }: DatapointKey): string =>
  `${datapointIdPrefix(event)}${time.toString(RADIX)}`

/** What the ids of all datapoints of an event begin with; the microseconds in base 36 follow. */
export const datapointIdPrefix = (event: EventId): string => `dp_${event.slice(4)}_`

/** @returns undefined when the text is no datapoint's id */
export function parseDatapointId(id: string): DatapointKey | undefined {
  const [, event, digits] = FORM.exec(id) ?? []
  if (event === undefined || digits === undefined) return undefined
  const time = Number.parseInt(digits, RADIX)
  // One id for each datapoint: no leading zeros, nothing past what a number holds exactly.
  return Number.isSafeInteger(time) && time.toString(RADIX) === digits
    ? { event: `evt_${event}` as EventId, time } // the pattern is that of an event's id
    : undefined
}
