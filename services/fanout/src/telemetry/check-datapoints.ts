import { type NewDatapoint, parseMoment, type RejectedDatapoint } from '@webmacs/contracts'

export interface CheckedDatapoints {
  readonly datapoints: readonly NewDatapoint[]
  /** Where each of `datapoints` stood in what was sent. */
  readonly places: readonly number[]
  /** What is no datapoint. */
  readonly rejected: readonly RejectedDatapoint[]
}

/** Longest id of an event, and longest text of a number or a time; as in `NewDatapoint`. */
const MAX_ID = 255
const MAX_TEXT = 64
const NUMBER = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?\s*$/i

/** Takes what older clients send (numbers as text, truth values, ids that are numbers) for what they mean; the rest is rejected one by one. */
export function checkDatapoints(items: readonly unknown[]): CheckedDatapoints {
  const datapoints: NewDatapoint[] = []
  const places: number[] = []
  const rejected: RejectedDatapoint[] = []
  for (const [index, item] of items.entries()) {
    const checked = checkDatapoint(item)
    if ('problem' in checked) {
      rejected.push({ index, event_public_id: checked.event, code: 'invalid', reason: checked.problem })
    } else {
      datapoints.push(checked)
      places.push(index)
    }
  }
  return { datapoints, places, rejected }
}

interface Invalid {
  /** The event as far as it can be told; empty when it cannot. */
  readonly event: string
  readonly problem: string
}

function checkDatapoint(item: unknown): NewDatapoint | Invalid {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    return { event: '', problem: 'A datapoint must be an object.' }
  }
  const fields: { value?: unknown; event_public_id?: unknown; timestamp?: unknown } = item
  const event = asId(fields.event_public_id)
  if (event === undefined)
    return { event: '', problem: `event_public_id must be text of at most ${MAX_ID} characters.` }
  const value = asNumber(fields.value)
  if (value === undefined) return { event, problem: 'value must be a finite number.' }
  const { timestamp } = fields
  if (timestamp === undefined || timestamp === null) return { value, event_public_id: event }
  if (!isMoment(timestamp)) return { event, problem: 'timestamp must be a moment in ISO 8601.' }
  return { value, event_public_id: event, timestamp }
}

function asId(id: unknown): string | undefined {
  if (typeof id !== 'string' && typeof id !== 'number' && typeof id !== 'boolean') return undefined
  const text = String(id)
  return text.length <= MAX_ID ? text : undefined
}

function asNumber(value: unknown): number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0
  const isText = typeof value === 'string' && value.length <= MAX_TEXT && NUMBER.test(value)
  const number = isText ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

const isMoment = (text: unknown): text is string =>
  typeof text === 'string' && text.length <= MAX_TEXT && parseMoment(text) !== undefined
