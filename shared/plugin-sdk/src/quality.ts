/** How far a reading can be trusted, in OPC UA's words. */
export const QUALITY_CLASSES = ['good', 'uncertain', 'bad'] as const
export type QualityClass = (typeof QUALITY_CLASSES)[number]

/** Why a reading is what it is. A reason alone leaves the class good. */
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

/** Class (good when there is none) and reasons. An empty list is good without remark. */
export type Quality = readonly (QualityClass | QualityReason)[]

export const GOOD: Quality = Object.freeze([])
export const SIMULATED: Quality = Object.freeze(['simulated'] as const)
export const SENSOR_FAULT: Quality = Object.freeze(['bad', 'sensor_fault'] as const)

const WORDS: ReadonlySet<unknown> = new Set([...QUALITY_CLASSES, ...QUALITY_REASONS])

/** Whether something from outside is a quality of known words, each at most once. */
export function isQuality(value: unknown): value is Quality {
  return Array.isArray(value) && new Set(value).size === value.length && value.every((word) => WORDS.has(word))
}
