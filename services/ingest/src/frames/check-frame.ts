import {
  encodeQuality,
  type FieldError,
  isBad,
  QUALITY_CLASSES,
  QUALITY_REASONS,
  type QualityBits,
  type QualityWord,
  SUBJECT_TOKEN,
} from '@webmacs/contracts'

/** What is known of a frame whose envelope is right: its values are still to be looked at, one by one. */
export interface FrameEnvelope {
  readonly source: string
  readonly epoch: string
  readonly seq: number
  readonly time: string
  readonly values: Readonly<Record<string, unknown>>
  readonly quality?: Readonly<Record<string, unknown>>
}

/** Outcome of a check: what was asked for, or the field and the rule it broke. */
export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: FieldError }

const TOKEN = new RegExp(SUBJECT_TOKEN)
const WORDS: ReadonlySet<unknown> = new Set<QualityWord>([...QUALITY_CLASSES, ...QUALITY_REASONS])
const MAX_WORDS = 12

const isToken = (value: unknown): value is string => typeof value === 'string' && TOKEN.test(value)
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const broken = (field: string, rule: string) => ({ ok: false, error: { field, rule } }) as const

/**
 * Checks all of a frame but its values and quality words. Written by hand because it runs for each of up to 10⁵ frames a second; a test
 * compares it with the contract's schema.
 */
export function checkEnvelope(frame: unknown): Checked<FrameEnvelope> {
  if (!isRecord(frame)) return broken('frame', 'must be an object')
  if (!isToken(frame.source)) return broken('frame.source', `must match ${SUBJECT_TOKEN}`)
  if (!isToken(frame.epoch)) return broken('frame.epoch', `must match ${SUBJECT_TOKEN}`)
  if (!Number.isSafeInteger(frame.seq) || (frame.seq as number) < 1)
    return broken('frame.seq', 'must be a whole number from 1')
  if (typeof frame.time !== 'string') return broken('frame.time', 'must be a string')
  if (!isRecord(frame.values)) return broken('frame.values', 'must be an object')
  if (frame.quality !== undefined && !isRecord(frame.quality)) return broken('frame.quality', 'must be an object')
  return { ok: true, value: frame as unknown as FrameEnvelope } // every field was looked at above
}

/** Who sent the frame and its number, where at least these can be read: a broken frame's number counts as dealt with. */
export function originOf(frame: unknown): { source: string; epoch: string; seq: number } | undefined {
  if (!isRecord(frame) || !isToken(frame.source) || !isToken(frame.epoch)) return undefined
  const { source, epoch, seq } = frame
  return typeof seq === 'number' && Number.isSafeInteger(seq) && seq >= 1 ? { source, epoch, seq } : undefined
}

/** The rule that a value breaks, or undefined. Null stands for "no value" and needs a bad quality. */
export function checkValue(value: unknown, quality: QualityBits): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'must be a finite number'
  if (value !== null) return 'must be a number or null'
  return isBad(quality) ? undefined : 'may be null only where the quality is bad'
}

/** Quality words in their stored form. */
export function checkQuality(event: string, words: unknown): Checked<QualityBits> {
  const field = `frame.quality.${event}`
  if (!Array.isArray(words)) return broken(field, 'must be an array')
  if (words.length > MAX_WORDS) return broken(field, `must have at most ${MAX_WORDS} words`)
  const unknown = words.findIndex((word) => !WORDS.has(word))
  if (unknown >= 0) return broken(`${field}.${unknown}`, 'must be a quality class or reason')
  return { ok: true, value: encodeQuality(words as QualityWord[]) } // each word was found in the list
}
