import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { LaunchError } from './launch-error.ts'
import type { LogSink } from './log-lines.ts'
import type { Reporter } from './reporter.ts'

export interface ProcessDefinition {
  readonly name: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  /** A program that is no service of ours sends no ready message: it counts as ready once it runs. */
  readonly announcesReady: boolean
}

const FIRST_RESTART_MS = 500
const MAX_RESTART_MS = 30_000
/** One that ran this long was healthy: the next restart comes soon again. */
const HEALTHY_AFTER_MS = 60_000
const READY_DEADLINE_MS = 60_000
/** Longer than any service allows itself. */
const STOP_DEADLINE_MS = 20_000
/** sysexits' EX_CONFIG: starting again will not mend it. */
const EXIT_CONFIG = 78

/** One service as a child process: started, started again when it dies, stopped. */
export class SupervisedProcess {
  readonly name: string
  readonly #definition: ProcessDefinition
  readonly #logs: LogSink
  readonly #reporter: Reporter
  readonly #onChange: () => void
  #child: ChildProcess | undefined
  #isStopping = false
  #wasReady = false
  #restartMs = FIRST_RESTART_MS
  #restarts = 0
  readonly #wake = new AbortController()

  constructor(
    definition: ProcessDefinition,
    options: { readonly logs: LogSink; readonly reporter: Reporter; readonly onChange: () => void },
  ) {
    this.name = definition.name
    this.#definition = definition
    this.#logs = options.logs
    this.#reporter = options.reporter
    this.#onChange = options.onChange
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  get restarts(): number {
    return this.#restarts
  }

  /** Starts the process and waits until it says that it is ready. @throws LaunchError when it ends or stays silent instead */
  async start(): Promise<void> {
    const child = this.#spawn()
    const outcome = await this.#readiness(child)
    if (outcome === 'ready') {
      this.#wasReady = true
      if (hasExited(child)) void this.#startAgain(0, 'soon after it was ready')
      return
    }
    this.#isStopping = true
    child.kill('SIGKILL')
    const hint = `Its log is in the data folder, logs/${this.name}.log.`
    if (outcome === 'silent')
      throw new LaunchError(`${this.name} was not ready within ${READY_DEADLINE_MS / 1000} s. ${hint}`)
    throw new LaunchError(
      outcome === EXIT_CONFIG
        ? `${this.name} refuses its configuration; the lines above name the variables.`
        : `${this.name} could not start. ${hint}`,
    )
  }

  /** Ends the process in order and starts it anew: for changed source files. */
  restart(): void {
    this.#restartMs = 0
    this.#child?.kill('SIGTERM')
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    this.#wake.abort()
    const child = this.#child
    if (child === undefined || hasExited(child)) return
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    const timer = setTimeout(() => {
      this.#reporter.warn(`${this.name} did not stop within ${STOP_DEADLINE_MS / 1000} s and was ended`)
      child.kill('SIGKILL')
    }, STOP_DEADLINE_MS)
    await exited
    clearTimeout(timer)
  }

  /** Ends the process at once. */
  kill(): void {
    this.#isStopping = true
    this.#child?.kill('SIGKILL')
  }

  #spawn(): ChildProcess {
    const { name, args, env } = this.#definition
    // A process group of its own: a terminal's Ctrl-C goes to us, and we stop the services in their order.
    const child = spawn(process.execPath, args, {
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    })
    this.#child = child
    if (child.stdout) this.#logs.follow(name, child.stdout)
    if (child.stderr) this.#logs.follow(name, child.stderr)
    const startedAt = performance.now()
    const ended = (how: string): void => {
      this.#onChange()
      if (this.#wasReady && !this.#isStopping) void this.#startAgain(performance.now() - startedAt, how)
    }
    child.once('exit', (code, signal) => ended(signal ?? `code ${code}`))
    // Without a process (too many of them, no memory) there is no exit, only this.
    child.once('error', (err) => {
      if (child.pid === undefined) ended(err.message)
    })
    this.#onChange()
    return child
  }

  async #startAgain(ranMs: number, how: string): Promise<void> {
    if (ranMs > HEALTHY_AFTER_MS) this.#restartMs = Math.min(this.#restartMs, FIRST_RESTART_MS)
    const waitMs = this.#restartMs
    this.#restartMs = Math.min(Math.max(waitMs * 2, FIRST_RESTART_MS), MAX_RESTART_MS)
    if (waitMs > 0) this.#reporter.warn(`${this.name} ended (${how}); starting it again in ${waitMs / 1000} s`)
    try {
      await delay(waitMs, undefined, { signal: this.#wake.signal })
    } catch {
      return // we are stopping
    }
    this.#restarts += 1
    this.#spawn()
  }

  async #readiness(child: ChildProcess): Promise<'ready' | 'silent' | number> {
    if (!this.#definition.announcesReady) return 'ready'
    const settled = Promise.withResolvers<'ready' | 'silent' | number>()
    child.on('message', (message: { type?: string }) => {
      if (message.type === 'ready') settled.resolve('ready')
    })
    child.once('exit', (code) => settled.resolve(code ?? 1))
    child.once('error', () => settled.resolve(1))
    const timer = setTimeout(() => settled.resolve('silent'), READY_DEADLINE_MS)
    const outcome = await settled.promise
    clearTimeout(timer)
    return outcome
  }
}

const hasExited = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null
