import type { AppError } from '@webmacs/contracts'
import { shownField } from '@webmacs/contracts/validation'
import { invalidField } from './schema-validation.ts'

/** Escapes that may stand for what no database stores as text: NUL, and halves of surrogate pairs. Raw, neither passes as JSON in UTF-8. */
const SUSPICIOUS = /\\u(?:0000|d[89a-f])/i

/**
 * Finds text that could not be stored as it was sent: it would come back changed, or not at all.
 * @param json the text that `body` was read from: without such an escape there is nothing to look for
 * @returns AppError `request.invalid` naming the field
 */
export function unstorableText(json: string, body: unknown): AppError | undefined {
  if (!SUSPICIOUS.test(json)) return undefined
  // A list of what is still to be seen, not a recursion: a body may be nested as deep as it is long.
  const waiting: [field: string, value: unknown][] = [['body', body]]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [field, value] = next
    const inner = typeof value === 'object' && value !== null ? Object.entries(value) : []
    if (![value, ...inner.map(([name]) => name)].every(isStorable)) {
      return invalidField(shownField(field), 'must not contain NUL characters or halves of surrogate pairs')
    }
    waiting.push(...inner.map(([name, each]): [string, unknown] => [`${field}.${name}`, each]))
  }
  return undefined
}

const isStorable = (value: unknown): boolean =>
  typeof value !== 'string' || (!value.includes('\0') && value.isWellFormed())
