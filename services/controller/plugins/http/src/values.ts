import type { OutputConfig } from './config.ts'

/** More digits than any device has; cuts what binary fractions add, such as 0.30000000000000004. */
const DIGITS = 12

/** What `{value}` becomes. */
export function asText(raw: number, { data_type, true_text, false_text }: OutputConfig): string {
  if (data_type === 'bool') return raw === 0 ? false_text : true_text
  return String(Number(raw.toPrecision(DIGITS)))
}
