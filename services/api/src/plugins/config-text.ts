import { invalidField } from '@webmacs/http-kit/schema-validation'

export type InstanceConfig = Readonly<Record<string, unknown>>

const FIELD = 'body.config_json'
/** Deeper than any driver's configuration, and far from what would exhaust a stack. */
const MAX_DEPTH = 32

/**
 * A configuration as clients write it: the text of a JSON object; null: the driver's defaults.
 * @throws AppError `request.invalid`
 */
export function parseConfigText(text: string | null): InstanceConfig {
  const config = text === null ? {} : parsed(text)
  if (!isObject(config)) throw invalidField(FIELD, 'must be the text of a JSON object')
  const flaw = flawOf(config, 1)
  if (flaw !== undefined) throw invalidField(FIELD, flaw)
  return config
}

/** The same back; null when there is nothing in it. */
export const configText = (config: InstanceConfig): string | null =>
  Object.keys(config).length === 0 ? null : JSON.stringify(config)

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // no JSON is no object either
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What neither the database nor a controller could keep as it is, as a rule that was broken. */
function flawOf(value: unknown, depth: number): string | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) return 'must not hold numbers beyond 1.8e308'
  if (typeof value === 'string') return flawOfText(value)
  if (typeof value !== 'object' || value === null) return undefined
  if (depth > MAX_DEPTH) return `must not be nested deeper than ${MAX_DEPTH} levels`
  for (const [name, child] of Object.entries(value)) {
    const flaw = flawOfText(name) ?? flawOf(child, depth + 1)
    if (flaw !== undefined) return flaw
  }
  return undefined
}

const flawOfText = (text: string): string | undefined =>
  text.includes('\u0000') || !text.isWellFormed() ? 'must not hold NUL characters or halves of characters' : undefined
