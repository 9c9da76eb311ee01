/** A log for parts under test that shows only errors, so that a failing test's output is what matters. */
export const quietLog = {
  info: (): void => undefined,
  warn: (): void => undefined,
  error: (facts: object, message: string): void => console.error(message, facts),
}
