import { Type } from 'typebox'

/** How far a reading can be trusted, in OPC UA's words. */
export const QUALITY_CLASSES = ['good', 'uncertain', 'bad'] as const
export type QualityClass = (typeof QUALITY_CLASSES)[number]

/** Why a reading is what it is. A reason alone (`simulated`, `late`) leaves the class good. New reasons go at the end: the order is stored. */
export const QUALITY_REASONS = [
  'stale',
  'out_of_range',
  'sensor_fault',
  'substituted',
  'simulated',
  'manual',
  'clamped',
  'time_uncertain',
  'late',
] as const
export type QualityReason = (typeof QUALITY_REASONS)[number]

export type QualityWord = QualityClass | QualityReason

export const QualityWords = Type.Array(
  Type.Unsafe<QualityWord>(Type.Enum([...QUALITY_CLASSES, ...QUALITY_REASONS] as string[])),
  { maxItems: 12, description: 'Class (good when absent) and reasons', examples: [['bad', 'sensor_fault']] },
)

const CLASS_BITS = 2
const CLASS_MASK = 0b11

/** The form that is stored: two bits of class, then one bit a reason. 0 is good without remark. */
export type QualityBits = number
export const GOOD: QualityBits = 0

export function encodeQuality(words: readonly QualityWord[]): QualityBits {
  let bits = 0
  for (const word of words) {
    const asClass = QUALITY_CLASSES.indexOf(word as QualityClass)
    if (asClass >= 0) bits = (bits & ~CLASS_MASK) | Math.max(bits & CLASS_MASK, asClass)
    else bits |= 1 << (CLASS_BITS + QUALITY_REASONS.indexOf(word as QualityReason))
  }
  return bits
}

export function decodeQuality(bits: QualityBits): QualityWord[] {
  const words: QualityWord[] = []
  const asClass = QUALITY_CLASSES[bits & CLASS_MASK]
  if (asClass !== undefined && asClass !== 'good') words.push(asClass)
  QUALITY_REASONS.forEach((reason, position) => {
    if (bits & (1 << (CLASS_BITS + position))) words.push(reason)
  })
  return words
}

export const isBad = (bits: QualityBits): boolean => (bits & CLASS_MASK) === QUALITY_CLASSES.indexOf('bad')
