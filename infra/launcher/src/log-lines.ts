import { createWriteStream, type WriteStream } from 'node:fs'
import { mkdir, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { styleText } from 'node:util'
import type { LauncherConfig } from './config.ts'

const WARN = 40
const ERROR = 50
/** A log file that has grown past this is put aside when the service starts again; one older one is kept. */
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
  const files = new Map<string, WriteStream>()
  const fileOf = (service: string): WriteStream => {
    const existing = files.get(service)
    if (existing !== undefined) return existing
    const file = createWriteStream(join(folder, `${service}.log`), { flags: 'a', mode: 0o600 })
    // A full disk must not end the launcher; the lines are lost, the terminal still shows the bad ones.
    file.on('error', (err) => process.stderr.write(`cannot write the log of ${service}: ${err.message}\n`))
    files.set(service, file)
    return file
  }
  for (const service of ['api', 'controller', 'fanout', 'gateway', 'ingest'])
    await putAside(join(folder, `${service}.log`))
  return {
    follow: (service, output) => {
      createInterface({ input: output }).on('line', (text) => {
        fileOf(service).write(`${text}\n`)
        if (format === 'json') process.stdout.write(`${text}\n`)
        else showIfBad(service, text)
      })
    },
    close: () => {
      for (const file of files.values()) file.end()
    },
  }
}

async function putAside(file: string): Promise<void> {
  try {
    if ((await stat(file)).size > MAX_FILE_BYTES) await rename(file, `${file}.1`)
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'ENOENT') throw err
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
