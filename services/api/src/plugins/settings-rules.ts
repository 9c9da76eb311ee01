import {
  AppError,
  type Calibration,
  type ChannelDescription,
  type ChannelSettings,
  type Direction,
  type FieldError,
  type OutputPolicy,
} from '@webmacs/contracts'
import { offendingValue } from '@webmacs/contracts/validation'

const FIELD = 'body.settings'
const FIELDS_IN_DETAIL = 3

interface SettingsOf {
  readonly direction: Direction
  /** undefined: nobody has said what the device has. */
  readonly channel: ChannelDescription | undefined
}

/**
 * What no schema can say of a channel's settings.
 * @throws AppError `request.invalid`, which names every field that breaks a rule
 */
export function checkSettings({ calibration, output }: ChannelSettings, { direction, channel }: SettingsOf): void {
  const errors = [
    ...(calibration === undefined ? [] : calibrationErrors(calibration)),
    ...(output === undefined ? [] : outputErrors(output, direction, channel)),
  ]
  if (errors.length === 0) return
  const sentences = errors.slice(0, FIELDS_IN_DETAIL).map(({ field, rule }) => `${field} ${rule}`)
  throw new AppError('request.invalid', { detail: `${sentences.join('; ')}.`, errors: errors.slice(0, MAX_ERRORS) })
}

const MAX_ERRORS = 20

/** Finite numbers are the schema's business. */
function calibrationErrors(calibration: Calibration): FieldError[] {
  if (calibration.kind !== 'table') return []
  const { points } = calibration
  return points.flatMap(({ measured }, index) => {
    const before = points[index - 1]
    return before === undefined || measured > before.measured
      ? []
      : [
          error(
            `calibration.points.${index}.measured`,
            `must be greater than the one before, ${before.measured}`,
            measured,
          ),
        ]
  })
}

function outputErrors(
  { min, max, safe_value: safe }: OutputPolicy,
  direction: Direction,
  channel: ChannelDescription | undefined,
): FieldError[] {
  if (direction === 'input') return [error('output', 'is only for outputs: this channel is an input')]
  const errors: FieldError[] = []
  const low = channel?.min_value ?? Number.NEGATIVE_INFINITY
  const high = channel?.max_value ?? Number.POSITIVE_INFINITY
  const checkWithin = (name: string, value: number | null | undefined, [least, most]: readonly [number, number]) => {
    if (value === null || value === undefined) return
    if (value < least) errors.push(error(`output.${name}`, `must not be below ${least}`, value))
    if (value > most) errors.push(error(`output.${name}`, `must not be above ${most}`, value))
  }
  checkWithin('min', min, [low, high])
  checkWithin('max', max, [low, high])
  if (min !== undefined && max !== undefined && min > max)
    errors.push(error('output.max', `must not be below output.min, ${min}`, max))
  checkWithin('safe_value', safe, [min ?? low, max ?? high])
  return errors
}

const error = (name: string, rule: string, value?: number): FieldError => {
  const field = `${FIELD}.${name}`
  return { field, rule, ...offendingValue(field, value) }
}
