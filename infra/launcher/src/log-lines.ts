import { createWriteStream, renameSync, statSync, type WriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { styleText } from 'node:util'
import type { LauncherConfig } from './config.ts'

const WARN = 40
const ERROR = 50
/** A log file that has grown past this is put aside; one older one is kept. */
const MAX_FILE_BYTES = 20 * 1024 * 1024
const NAME_WIDTH = 10

interface LogLine {
  readonly level: number
  readonly time: string
  readonly msg: string
  readonly [fact: string]: unknown
}

/** Where services' lines go: all of them into a file each, warnings and worse also to the terminal (or, as JSON, everything to standard output). */
export interface LogSink {
  follow(service: string, output: Readable): void
  close(): void
}

export async function openLogs(dataDir: string, format: LauncherConfig['logFormat']): Promise<LogSink> {
  const folder = join(dataDir, 'logs')
  await mkdir(folder, { recursive: true })
  const files = new Map<string, LogFile>()
  const fileOf = (service: string): LogFile => {
    const file = files.get(service) ?? new LogFile(join(folder, `${service}.log`))
    files.set(service, file)
    return file
  }
  return {
    follow: (service, output) => {
      createInterface({ input: output }).on('line', (text) => {
        fileOf(service).write(text)
        if (format === 'json') process.stdout.write(`${text}\n`)
        else showIfBad(service, text)
      })
    },
    close: () => {
      for (const file of files.values()) file.close()
    },
  }
}

/** A log file that starts anew when it has grown too large; the one before it is kept as `.1`. */
class LogFile {
  readonly #path: string
  #stream: WriteStream
  #bytes: number

  constructor(path: string) {
    this.#path = path
    this.#bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0
    this.#stream = this.#open()
  }

  write(text: string): void {
    if (this.#bytes > MAX_FILE_BYTES) this.#startAnew()
    this.#bytes += text.length + 1
    this.#stream.write(`${text}\n`)
  }

  close(): void {
    this.#stream.end()
  }

  #startAnew(): void {
    this.#stream.end()
    renameSync(this.#path, `${this.#path}.1`)
    this.#bytes = 0
    this.#stream = this.#open()
  }

  #open(): WriteStream {
    const stream = createWriteStream(this.#path, { flags: 'a', mode: 0o600 })
    // A full disk must not end the launcher; the lines are lost, the terminal still shows the bad ones.
    stream.on('error', (err) => process.stderr.write(`cannot write ${this.#path}: ${err.message}\n`))
    return stream
  }
}

function showIfBad(service: string, text: string): void {
  const line = parse(text)
  if (line === undefined) process.stderr.write(`${service.padEnd(NAME_WIDTH)} ${text}\n`)
  else if (line.level >= WARN) process.stderr.write(`${render(service, line)}\n`)
}

/** `12:00:01 ingest     warn  database away, trying again  retryMs=500`, with an error's stack below. */
export function render(service: string, line: LogLine): string {
  const { level, time, msg, service: _service, event: _event, err, ...facts } = line
  const severity = level >= ERROR ? styleText('red', 'error') : styleText('yellow', 'warn ')
  const details = Object.entries(facts).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const head = [time.slice(11, 19), styleText('cyan', service.padEnd(NAME_WIDTH)), severity, msg, ...details].join(' ')
  const stack = (err as { stack?: string; message?: string } | undefined)?.stack
  return stack === undefined ? head : `${head}\n${stack}`
}

/** A line that is no JSON comes from Node.js itself: a crash before the logger existed. */
function parse(text: string): LogLine | undefined {
  try {
    const line = JSON.parse(text)
    return typeof line?.level === 'number' && typeof line?.time === 'string' ? line : undefined
  } catch {
    return undefined
  }
}
