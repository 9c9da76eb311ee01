import { type Micros, type NewDatapoint, parseMoment } from '@webmacs/contracts'
import { invalidField } from '@webmacs/http-kit/schema-validation'

/** When each datapoint of a batch was measured: undefined where it does not say, NaN where what it says is no moment. */
export type GivenTimes = readonly (Micros | undefined)[]

/**
 * @param fieldOf path of a datapoint's time, as errors name it; left out: a time that is no moment concerns only its own datapoint
 * @throws AppError `request.invalid` that names the first such field
 */
export function parseGivenTimes(datapoints: readonly NewDatapoint[], fieldOf?: (index: number) => string): GivenTimes {
  return datapoints.map(({ timestamp }, index) => {
    if (timestamp === undefined || timestamp === null) return undefined
    const time = parseMoment(timestamp)
    if (time === undefined && fieldOf !== undefined) {
      throw invalidField(fieldOf(index), 'must be a moment, ISO 8601', timestamp)
    }
    return time ?? Number.NaN
  })
}
