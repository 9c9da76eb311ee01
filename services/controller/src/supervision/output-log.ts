import type { Readable } from 'node:stream'
import type { Logger } from '@webmacs/service-kit'

const LINES_PER_MINUTE = 20
const MAX_LINE_CHARACTERS = 500
const MINUTE_MS = 60_000

/**
 * What a driver's libraries print goes to the log, twenty lines a minute and the beginning of each; the rest is read, so that their process
 * does not stall, and counted.
 */
export function logOutput(stream: Readable, log: Pick<Logger, 'warn'>): void {
  let minuteBeganMs = performance.now()
  let lines = 0
  let suppressed = 0
  const note = (text: string): void => {
    if (performance.now() - minuteBeganMs >= MINUTE_MS) {
      minuteBeganMs = performance.now()
      lines = 0
    }
    if (lines >= LINES_PER_MINUTE) {
      suppressed += 1
      return
    }
    log.warn({ event: 'plugin-host.output', text: text.slice(0, MAX_LINE_CHARACTERS), suppressed }, 'plugin printed')
    lines += 1
    suppressed = 0
  }
  let begun = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    const [first = '', ...rest] = chunk.split('\n')
    const complete = [begun + first, ...rest]
    begun = (complete.pop() ?? '').slice(0, MAX_LINE_CHARACTERS) // a line that never ends must not be kept whole
    for (const line of complete) note(line)
  })
  stream.on('end', () => {
    if (begun !== '') note(begun)
  })
}
