const ESCAPES: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', 0: '\0', '\\': '\\' }

/** `SI\r\n` as people write it → the characters; `\x02` is a character by its number. What is no escape stays as it is. */
export function unescapeText(text: string): string {
  return text.replace(/\\(?:x([0-9a-fA-F]{2})|(.))/g, (whole, hex: string | undefined, letter: string | undefined) =>
    hex === undefined ? (ESCAPES[letter ?? ''] ?? whole) : String.fromCharCode(Number.parseInt(hex, 16)),
  )
}

/** The number in a frame, with a point or a comma; undefined: there is none. */
export function numberIn(frame: string, pattern: RegExp): number | undefined {
  const match = pattern.exec(frame)
  if (match === null) return undefined
  const value = Number((match[1] ?? match[0]).replace(',', '.').trim())
  return Number.isFinite(value) ? value : undefined
}
