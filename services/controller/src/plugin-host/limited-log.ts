import type { PluginLog, PluginLogFacts } from '@webmacs/plugin-sdk'
import type { LogMessage } from './messages.ts'

const LINES_PER_EVENT = 5
const WINDOW_MS = 60_000
const MAX_EVENTS = 100
const MAX_FACTS_CHARACTERS = 4000

/**
 * The log of a driver: of each event five lines a minute go out, the others are counted and the next line tells how many there were.
 * A driver that fails ten times a second must not fill a disk.
 */
export function createLimitedLog(send: (line: LogMessage) => void, nowMs: () => number): PluginLog {
  const windows = new Map<string, { startedMs: number; lines: number; suppressed: number }>()

  const dropExpired = (): void => {
    for (const [event, { startedMs }] of windows) if (nowMs() - startedMs >= WINDOW_MS) windows.delete(event)
  }

  const write = (level: LogMessage['level'], facts: PluginLogFacts, message: string): void => {
    const event = String(facts.event).slice(0, 200)
    let window = windows.get(event)
    if (window === undefined || nowMs() - window.startedMs >= WINDOW_MS) {
      const suppressed = window === undefined ? 0 : window.suppressed
      if (window === undefined && windows.size >= MAX_EVENTS) dropExpired()
      if (window === undefined && windows.size >= MAX_EVENTS) return // a driver that invents event names
      window = { startedMs: nowMs(), lines: 0, suppressed }
      windows.set(event, window)
    }
    if (window.lines >= LINES_PER_EVENT) {
      window.suppressed += 1
      return
    }
    const { suppressed } = window
    window.lines += 1
    window.suppressed = 0
    const plain = plainFacts(facts)
    send({
      type: 'log',
      level,
      event,
      message: String(message).slice(0, 1000),
      facts: suppressed === 0 ? plain : { ...plain, suppressed },
    })
  }

  return {
    debug: (facts, message) => write('debug', facts, message),
    info: (facts, message) => write('info', facts, message),
    warn: (facts, message) => write('warn', facts, message),
    error: (facts, message) => write('error', facts, message),
  }
}

/** Facts that survive the way to the controller: errors as text, nothing that cannot be written as JSON, nothing endless. */
function plainFacts({ event: _event, ...facts }: PluginLogFacts): Record<string, unknown> {
  try {
    const json = JSON.stringify(facts, (_key, value: unknown) => {
      if (value instanceof Error) return { type: value.name, message: value.message, stack: value.stack }
      return typeof value === 'bigint' ? String(value) : value
    })
    return json.length <= MAX_FACTS_CHARACTERS ? JSON.parse(json) : { factsCut: json.slice(0, MAX_FACTS_CHARACTERS) }
  } catch (err) {
    return { factsLost: err instanceof Error ? err.message : String(err) } // circular, or a getter that throws
  }
}
