/** Where a driver says what happened. Lines of one `event` are limited in rate by whoever runs the driver. */
export interface PluginLog {
  debug(facts: PluginLogFacts, message: string): void
  info(facts: PluginLogFacts, message: string): void
  warn(facts: PluginLogFacts, message: string): void
  error(facts: PluginLogFacts, message: string): void
}

/** `event` is a stable dotted name, `err` an error; the rest are facts as plain data. Secrets do not belong here. */
export interface PluginLogFacts {
  readonly event: string
  readonly err?: unknown
  readonly [fact: string]: unknown
}

const nothing = (): void => undefined

export const silentLog: PluginLog = Object.freeze({ debug: nothing, info: nothing, warn: nothing, error: nothing })
