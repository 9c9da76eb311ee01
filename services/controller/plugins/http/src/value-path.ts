/** A way into JSON: names of fields, and places in lists. */
export type ValuePath = readonly string[]

const STEP = /\.?([^.[\]]+)|\[(\d+)\]/gy

/**
 * Reads a way as people write it: `sensors[0].temperature`, or a JSON pointer (RFC 6901) when it begins with `/`.
 * @returns undefined when it is neither
 */
export function parseValuePath(text: string): ValuePath | undefined {
  if (text === '' || text === '$') return []
  if (text.startsWith('/'))
    return text
      .slice(1)
      .split('/')
      .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  const dotted = text.replace(/^\$\.?/, '')
  const steps: string[] = []
  let end = 0
  for (const match of dotted.matchAll(STEP)) {
    steps.push(match[1] ?? match[2] ?? '')
    end = match.index + match[0].length
  }
  return end === dotted.length && !dotted.startsWith('.') ? steps : undefined
}

/** What stands there; undefined: nothing does. */
export function valueAt(json: unknown, path: ValuePath): unknown {
  let at = json
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined
    at = Reflect.get(at, step)
  }
  return at
}
