const deep = (open: string, close: string, depth = 10_000): string => open.repeat(depth) + close.repeat(depth)
const string = (text: string): string => JSON.stringify(text)

/** JSON as text, because much of it is what no serializer writes; by what it is. */
export const HOSTILE_JSON: Readonly<Record<string, string>> = {
  null: 'null',
  true: 'true',
  false: 'false',
  zero: '0',
  'negative zero': '-0',
  'negative one': '-1',
  fraction: '0.1',
  'least number': '5e-324',
  'huge number': '1e308',
  'huge negative number': '-1e308',
  'infinite number': '1e400',
  'infinite negative number': '-1e400',
  '2^31': '2147483648',
  '2^53+1': '9007199254740993',
  '2^63': '9223372036854775808',
  'number of 500 digits': '9'.repeat(500),
  'number as text': '"2.5"',
  'infinite number as text': '"1e400"',
  NaN: 'NaN',
  Infinity: '-Infinity',
  'NaN as text': '"NaN"',
  'number with leading zero': '01',
  'empty text': '""',
  'blank text': '" \\t\\n"',
  'blank unicode text': '"\\u3000\\u00a0\\ufeff"',
  'zero-width text': '"\\u200b"',
  NUL: '"\\u0000"',
  'text with NUL': '"a\\u0000b"',
  'control characters': '"\\u0001\\u001b[31m\\u007f\\r\\nSet-Cookie: a=b"',
  'lone high surrogate': '"\\ud800"',
  'lone low surrogate': '"a\\udc00b"',
  'right to left': '"\\u202eabc\\u0645\\u0631\\u062d\\u0628\\u0627"',
  emoji: string('👩‍👩‍👧‍👦💧'),
  'combining marks': string(`e${'\u0301'.repeat(200)}`),
  'line separator': '"\\u2028\\u2029"',
  'wide text': string('\u{10ffff}'.repeat(255)),
  'long text': string('x'.repeat(10_000)),
  'very long text': string('é'.repeat(60_000)),
  'text of blanks': string(' '.repeat(5_000)),
  'SQL text': string("'; DROP TABLE users; --"),
  'path text': string('../../etc/passwd%00'),
  'text __proto__': '"__proto__"',
  'text constructor': '"constructor"',
  'no such time': '"2026-13-45T99:99:99Z"',
  'time before time': '"0000-01-01T00:00:00Z"',
  'last time': '"+275760-09-13T00:00:00Z"',
  'far time': '"9999-12-31T23:59:59.9999999Z"',
  'unknown id': '"evt_000000000000"',
  'empty list': '[]',
  'empty object': '{}',
  'list of null': '[null]',
  'list of lists': '[[[]]]',
  'list of equal texts': '["a","a"]',
  'long list': `[${Array(5_000).fill('1').join()}]`,
  'list of objects': `[${Array(300).fill('{"value":1}').join()}]`,
  object: '{"a":{"b":[1]}}',
  'duplicate keys': '{"a":1,"a":{}}',
  'key __proto__': '{"__proto__":{"admin":true}}',
  'key constructor': '{"constructor":{"prototype":{"admin":true}}}',
  'empty key': '{"":"x"}',
  'NUL key': '{"\\u0000":"x"}',
  'lone surrogate key': '{"\\ud800":"x"}',
  'long key': `{"${'k'.repeat(5_000)}":"x"}`,
  'number key with lone surrogate': '{"1":"\\ud800"}',
  'many keys': `{${Array.from({ length: 2_000 }, (_, n) => `"${n}":"x"`).join()}}`,
  'deep lists': deep('[', ']'),
  'deep objects': `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
  'text of deep lists': string(deep('[', ']')),
  'text of an object with NUL': string('{"a":"\\u0000"}'),
  'text of an object with a lone surrogate': string('{"a":"\\ud800"}'),
  'text of deep objects': string(`{"a":${deep('[', ']')}}`),
  'text of an infinite number': string('{"a":1e400}'),
  'text of duplicate keys': string('{"a":1,"a":2,"__proto__":{"b":1}}'),
  nothing: '',
  word: 'undefined',
  'single quotes': "'x'",
  comment: '1 /* one */',
}

/** Where a value stands in a body: names and positions, from outside in. */
export type FieldPath = readonly (string | number)[]

/** Every place of a body at which a value stands, the body itself included. */
export function fieldsOf(body: unknown): FieldPath[] {
  if (typeof body !== 'object' || body === null) return [[]]
  const entries: [string | number, unknown][] = Array.isArray(body) ? [...body.entries()] : Object.entries(body)
  return [[], ...entries.flatMap(([name, value]) => fieldsOf(value).map((path) => [name, ...path]))]
}

const MARK = '\u{e000}raw\u{e000}'

/** The body as JSON, with `raw` at `path` (which may be a field that it does not have). */
export function withRaw(body: unknown, path: FieldPath, raw: string): string {
  const text = JSON.stringify(replaced(body, path, MARK))
  return text.split(JSON.stringify(MARK)).join(raw)
}

function replaced(value: unknown, [name, ...rest]: FieldPath, by: unknown): unknown {
  if (name === undefined) return by
  if (Array.isArray(value)) return value.map((item, position) => (position === name ? replaced(item, rest, by) : item))
  const fields: Record<string, unknown> = typeof value === 'object' && value !== null ? { ...value } : {}
  return { ...fields, [name]: replaced(fields[name], rest, by) }
}

/** The body without the field. */
export function without(body: unknown, path: FieldPath): string {
  return JSON.stringify(replaced(body, path, undefined)) ?? ''
}
