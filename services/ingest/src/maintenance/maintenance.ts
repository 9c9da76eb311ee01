import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { type Database, openDatabase } from '@webmacs/database'
import type { Logger } from '@webmacs/service-kit'
import { asMaintainer } from './maintainer-lock.ts'
import type { MaintenanceMetrics } from './metrics.ts'
import { RunLog } from './run-log.ts'
import type { MaintenanceTask } from './task.ts'
import { runTaskLoop } from './task-loop.ts'
import { Wake } from './wake.ts'

export interface MaintenanceOptions {
  readonly databaseUrl: string
  readonly metrics: MaintenanceMetrics
  readonly log: Logger
  readonly tasks: readonly MaintenanceTask[]
}

/** How often a process that does not maintain tries to become the one that does, ms. */
const CONTEND_MS = 2000
const CANCEL_MS = 100
/** Parts of the work take far less; what takes longer waits for something. */
const STATEMENT_TIMEOUT_MS = 120_000
/** A process that froze, or whose machine is gone, lets go of its locks after this: writers wait for some of them. */
const IDLE_TRANSACTION_MS = 30_000
/** One keeps the lock, one writes the log and cancels. */
const MORE_CONNECTIONS = 2

const CANCEL = `
  SELECT pg_cancel_backend(pid) FROM pg_stat_activity
  WHERE application_name = $1 AND datname = current_database() AND pid <> pg_backend_pid()`

/**
 * What is done to the historian behind its writers, by one process at a time however many there are: when it dies, the next one goes on.
 * Needs neither database nor broker to be there at this moment.
 */
export class Maintenance {
  readonly #options: MaintenanceOptions
  readonly #database: Database
  readonly #applicationName = `webmacs-maintenance ${randomBytes(4).toString('hex')}`
  readonly #stop = new AbortController()
  readonly #wakes = new Map<MaintenanceTask, Wake>()
  readonly #contending: Promise<void>

  constructor(options: MaintenanceOptions) {
    this.#options = options
    const { databaseUrl, tasks, log } = options
    this.#database = openDatabase({
      url: databaseUrl,
      maxConnections: tasks.length + MORE_CONNECTIONS,
      applicationName: this.#applicationName,
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
      idleTransactionTimeoutMs: IDLE_TRANSACTION_MS,
      onConnectionLost: (err) => log.warn({ event: 'database.connection-lost', err }, 'database connection lost'),
    })
    for (const task of tasks) this.#wakes.set(task, new Wake())
    this.#contending = this.#contend()
  }

  /** Jobs are waiting, or settings changed. In a process that does not maintain it means nothing. */
  readonly wake = (): void => {
    for (const [task, wake] of this.#wakes) if (task.onWork) wake.call()
  }

  /** Cancels what is under way, which is taken up again by the next maintainer, and gives up waiting for that after `deadlineMs`. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stop.abort()
    const closed = this.#contending.then(() => this.#database.close())
    await Promise.race([closed, delay(deadlineMs, undefined, { ref: false })])
  }

  async #contend(): Promise<void> {
    const { signal } = this.#stop
    const pause = new Wake()
    while (!signal.aborted) {
      try {
        await asMaintainer(this.#database, (lost) => this.#maintain(AbortSignal.any([signal, lost])))
      } catch (err) {
        this.#options.log.warn({ event: 'maintenance.unavailable', err }, 'no maintenance, trying again')
      }
      await pause.pause(CONTEND_MS, signal)
    }
  }

  /** Runs all tasks until the signal fires and they have ended. */
  async #maintain(signal: AbortSignal): Promise<void> {
    const { log, metrics, tasks } = this.#options
    const runs = new RunLog(this.#database, `${hostname()}:${process.pid}`)
    await runs.takeOver()
    log.info({ event: 'maintenance.started' }, 'this process maintains the historian')
    metrics.maintainer.set(1)
    const context = { database: this.#database, log, signal }
    let isEnded = false
    const loops = tasks.map((task) =>
      runTaskLoop({ task, context, runs, metrics, wake: this.#wakes.get(task) ?? new Wake() }),
    )
    const cancelling = onceAborted(signal).then(async () => {
      // Again until all have ended: a cancellation that comes between two statements cancels nothing.
      while (!isEnded) {
        await this.#database.pool.query(CANCEL, [this.#applicationName]).catch(() => undefined) // no database, nothing to cancel
        await delay(CANCEL_MS)
      }
    })
    await Promise.all(loops)
    isEnded = true
    await cancelling
    metrics.maintainer.set(0)
    log.info({ event: 'maintenance.ended' }, 'this process does not maintain the historian any more')
  }
}

const onceAborted = (signal: AbortSignal): Promise<unknown> =>
  signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
