import type { JsMsg } from '@nats-io/jetstream'
import { encodeQuality, GOOD, MAX_FRAME_MESSAGE_BYTES, type Micros, type QualityBits } from '@webmacs/contracts'
import type { Batch, SourceEpoch } from '../batching/batch.ts'
import { type Checked, checkEnvelope, checkQuality, checkValue, type FrameEnvelope, originOf } from './check-frame.ts'
import { createTimeParser } from './iso-time.ts'

export interface AcceptOptions {
  /** The oldest moment of which readings are taken. */
  readonly oldest: (now: Micros) => Micros
  readonly now: () => Micros
  /** Integer key of an event that is known already. */
  readonly eventKey: (event: string) => number | undefined
}

export type AcceptMessage = (message: JsMsg, batch: Batch) => void

const SECOND: Micros = 1_000_000
const DAY: Micros = 86_400 * SECOND
const MAX_AHEAD: Micros = DAY
/** Clocks differ; beyond this a time in the future is kept but marked. */
const TRUSTED_AHEAD: Micros = 5 * 60 * SECOND
const TIME_UNCERTAIN = encodeQuality(['time_uncertain'])
/** More problems than these are only counted: a dead letter's detail is a sentence. */
const MAX_PROBLEMS = 5
/** Sources are few; more than these in one process are a fault, and the cache of their names starts anew. */
const MAX_SOURCES = 10_000

/** Turns a message into rows, unknown readings and dead candidates of a batch. Never throws for what a sender did. */
export function createAcceptor({ oldest, now, eventKey }: AcceptOptions): AcceptMessage {
  const parseTime = createTimeParser()
  const sources = new Map<string, SourceEpoch>()
  const sourceOf = (source: string, epoch: string): SourceEpoch => {
    const key = `${source}.${epoch}`
    let known = sources.get(key)
    if (known === undefined) {
      if (sources.size >= MAX_SOURCES) sources.clear()
      known = { source, epoch }
      sources.set(key, known)
    }
    return known
  }

  /** Counts a frame of which nothing is stored as dealt with, where it can be read whose it is: its source must not wait for it. */
  const addSender = (frame: unknown, index: number, message: JsMsg, batch: Batch): number | undefined => {
    const origin = senderOf(frame, message)
    return origin && batch.addFrame(sourceOf(origin.source, origin.epoch), origin.seq, now(), message, index)
  }

  const acceptFrame = (frame: unknown, index: number, message: JsMsg, batch: Batch): void => {
    const receivedAt = now()
    const envelope = checkSender(checkEnvelope(frame), message)
    const time = envelope.ok ? parseTime(envelope.value.time) : undefined
    if (!envelope.ok || time === undefined) {
      const { field, rule } = envelope.ok
        ? { field: 'frame.time', rule: 'must be a moment in UTC, ISO 8601' }
        : envelope.error
      batch.dead.push({
        frame: addSender(frame, index, message, batch),
        index,
        reason: 'malformed',
        detail: `${field} ${rule}`,
        message,
        receivedAt,
        content: frame,
      })
      return
    }
    const { source, epoch, seq } = envelope.value
    const origin = sourceOf(source, epoch)
    if (time > receivedAt + MAX_AHEAD || time < oldest(receivedAt)) {
      const position = batch.addFrame(origin, seq, receivedAt, message, index)
      const detail = `frame.time must lie between ${Math.round((receivedAt - oldest(receivedAt)) / DAY)} days ago and one day ahead`
      batch.dead.push({
        frame: position,
        index,
        reason: 'impossible_time',
        detail,
        message,
        receivedAt,
        content: frame,
      })
      return
    }
    const position = batch.addFrame(origin, seq, time, message, index)
    const marks = time > receivedAt + TRUSTED_AHEAD ? TIME_UNCERTAIN : GOOD
    const problems = acceptValues(envelope.value, position, marks, batch, eventKey)
    if (problems.length === 0) return
    batch.dead.push({
      frame: position,
      index,
      reason: 'invalid_value',
      detail: describe(problems),
      message,
      receivedAt,
      content: partOf(
        envelope.value,
        problems.map(({ event }) => event),
      ),
    })
  }

  return (message, batch) => {
    batch.addMessage(message)
    if (message.data.length > MAX_FRAME_MESSAGE_BYTES) {
      const detail = `the message has ${message.data.length} bytes, at most ${MAX_FRAME_MESSAGE_BYTES} are taken`
      batch.dead.push({ frame: undefined, index: undefined, reason: 'oversized', detail, message, receivedAt: now() })
      framesOf(message).forEach((frame, index) => {
        addSender(frame, index, message, batch)
      })
      return
    }
    const frames = framesOf(message)
    if (frames.length === 0 || frames[0] === undefined) {
      const detail = frames.length > 0 ? 'the message is no JSON' : 'the message must carry at least one frame'
      batch.dead.push({ frame: undefined, index: undefined, reason: 'malformed', detail, message, receivedAt: now() })
      return
    }
    frames.forEach((frame, index) => {
      acceptFrame(frame, index, message, batch)
    })
  }
}

/** Who sent a message: the last token of its subject. */
const subjectSource = ({ subject }: JsMsg): string => subject.slice(subject.lastIndexOf('.') + 1)

/** A frame under another source's name would mark that source's numbers as committed, and its own frames would be dropped. */
function checkSender(envelope: Checked<FrameEnvelope>, message: JsMsg): Checked<FrameEnvelope> {
  const expected = subjectSource(message)
  if (!envelope.ok || envelope.value.source === expected) return envelope
  const rule = `must be the last token of the subject: "${expected}", not "${envelope.value.source}"`
  return { ok: false, error: { field: 'frame.source', rule } }
}

/** Whose number of a broken frame counts as dealt with; nobody's when the frame came under another name. */
function senderOf(frame: unknown, message: JsMsg): ReturnType<typeof originOf> {
  const origin = originOf(frame)
  return origin?.source === subjectSource(message) ? origin : undefined
}

interface Problem {
  readonly event: string
  readonly text: string
}

/** Adds what can be stored to the batch and returns what cannot. */
function acceptValues(
  { values, quality }: FrameEnvelope,
  frame: number,
  marks: QualityBits,
  batch: Batch,
  eventKey: AcceptOptions['eventKey'],
): Problem[] {
  const problems: Problem[] = []
  for (const event of Object.keys(values)) {
    const value = values[event]
    let bits = marks
    if (quality !== undefined && Object.hasOwn(quality, event)) {
      const words = checkQuality(event, quality[event])
      if (!words.ok) {
        problems.push({ event, text: `${words.error.field} ${words.error.rule}` })
        continue
      }
      bits |= words.value
    }
    const rule = checkValue(value, bits)
    if (rule !== undefined) {
      problems.push({ event, text: `frame.values.${event} ${rule}` })
      continue
    }
    const reading = value as number | null // checkValue lets nothing else through
    const key = eventKey(event)
    if (key === undefined) batch.unknown.push({ frame, event, value: reading, quality: bits })
    else batch.addRow(frame, key, reading, bits)
  }
  return problems
}

function describe(problems: readonly Problem[]): string {
  const more = problems.length - MAX_PROBLEMS
  const first = problems.slice(0, MAX_PROBLEMS).map(({ text }) => text)
  return more > 0 ? `${first.join('; ')}; and ${more} more` : first.join('; ')
}

/** A frame with the values and qualities of some of its events. */
export function partOf(frame: FrameEnvelope, events: readonly string[]): FrameEnvelope {
  const pick = (from: Readonly<Record<string, unknown>>): Record<string, unknown> =>
    Object.fromEntries(events.filter((event) => Object.hasOwn(from, event)).map((event) => [event, from[event]]))
  return { ...frame, values: pick(frame.values), ...(frame.quality && { quality: pick(frame.quality) }) }
}

/** A message's frames, not looked at yet; `[undefined]` when it is no JSON. */
function framesOf(message: JsMsg): readonly unknown[] {
  try {
    const content = message.json<unknown>()
    return Array.isArray(content) ? content : [content]
  } catch {
    return [undefined] // JSON has no undefined: the caller dead-letters it
  }
}
