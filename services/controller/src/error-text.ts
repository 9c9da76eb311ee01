const MAX_CHARACTERS = 500
const MAX_CAUSES = 3

/** What went wrong and why, as one bounded line for people: `connect failed: connect ECONNREFUSED 10.0.0.7:502`. */
export function errorText(err: unknown): string {
  const parts: string[] = []
  for (let cause: unknown = err; cause !== undefined && cause !== null && parts.length < MAX_CAUSES; ) {
    const text = cause instanceof Error ? cause.message || cause.name : String(cause)
    if (!parts.includes(text)) parts.push(text)
    cause = cause instanceof Error ? cause.cause : undefined
  }
  const text = parts.join(': ') || 'unknown error'
  return text.length <= MAX_CHARACTERS ? text : `${text.slice(0, MAX_CHARACTERS - 1)}…`
}
