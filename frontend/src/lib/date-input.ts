/** `2026-11-23T17:12:13`, the viewer's time, as `<input type="datetime-local">` takes it. @param moment seconds since 1970 */
export function inputOf(moment: number): string {
  const date = new Date(moment * 1000)
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 19)
}

/** Seconds since 1970; undefined where the text is no moment. */
export function momentOf(input: string): number | undefined {
  const timeMs = input === '' ? Number.NaN : Date.parse(input)
  return Number.isNaN(timeMs) ? undefined : timeMs / 1000
}
