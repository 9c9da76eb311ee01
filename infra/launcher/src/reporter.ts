import type { LauncherConfig } from './config.ts'

/** What the person at the terminal reads. */
export interface Reporter {
  /** A step with its duration; while it lasts, what it is doing. */
  step<T>(name: string, work: (say: (detail: string) => void) => Promise<T>): Promise<T>
  line(text: string): void
  warn(text: string): void
}

export function createReporter(format: LauncherConfig['logFormat']): Reporter {
  const write = (level: number, text: string): void => {
    if (format === 'pretty') (level >= 40 ? process.stderr : process.stdout).write(`${text}\n`)
    else
      process.stdout.write(
        `${JSON.stringify({ level, time: new Date().toISOString(), service: 'launcher', msg: text.trim() })}\n`,
      )
  }
  return {
    step: async (name, work) => {
      const started = performance.now()
      const result = await work((detail) => write(30, `  … ${detail}`))
      write(30, `  ✓ ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
      return result
    },
    line: (text) => write(30, text),
    warn: (text) => write(40, text),
  }
}
