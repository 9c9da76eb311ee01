import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { Logger } from '@webmacs/service-kit'

const LINES_PER_MINUTE = 20
const MAX_LINE_CHARACTERS = 500
const MINUTE_MS = 60_000

/** What a driver's libraries print goes to the log, twenty lines a minute; the rest is read, so that they do not stall, and counted. */
export class OutputLog {
  readonly #log: Logger
  #startedMs = performance.now()
  #lines = 0
  #suppressed = 0

  constructor(stream: Readable, log: Logger) {
    this.#log = log
    stream.setEncoding('utf8')
    createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => this.#note(line))
  }

  #note(line: string): void {
    if (performance.now() - this.#startedMs >= MINUTE_MS) {
      this.#startedMs = performance.now()
      this.#lines = 0
    }
    if (this.#lines >= LINES_PER_MINUTE) {
      this.#suppressed += 1
      return
    }
    this.#lines += 1
    const suppressed = this.#suppressed
    this.#suppressed = 0
    this.#log.warn(
      { event: 'plugin-host.output', text: line.slice(0, MAX_LINE_CHARACTERS), ...(suppressed > 0 && { suppressed }) },
      'plugin process printed',
    )
  }
}
