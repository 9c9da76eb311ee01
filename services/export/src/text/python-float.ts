/** From here on an exponent is written. */
const LARGE = 1e16
const SMALL = 1e-4

/** A float as Python writes it, and so the files of earlier versions: the shortest that reads back as the same, with a decimal: `3.0`, `1e+16`. */
export function pythonFloat(value: number): string {
  if (Object.is(value, -0)) return '-0.0'
  const size = Math.abs(value)
  if (size !== 0 && (size >= LARGE || size < SMALL)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
  }
  const text = String(value)
  return text.includes('.') ? text : `${text}.0`
}
