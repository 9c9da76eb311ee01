import type { MaintenanceTask as TaskName } from '@webmacs/contracts'
import type { Database } from '@webmacs/database'

/** Of each task so many runs are kept. */
const MAX_RUNS = 1000
const MAX_ERROR_CHARACTERS = 500

const START = 'INSERT INTO maintenance_runs (task, runner) VALUES ($1, $2) RETURNING id'
const END = 'UPDATE maintenance_runs SET ended_on = clock_timestamp(), counts = $2, error = $3 WHERE id = $1'
const REMOVE = 'DELETE FROM maintenance_runs WHERE id = $1'
const THIN = `
  DELETE FROM maintenance_runs WHERE task = $1
    AND id <= (SELECT id FROM maintenance_runs WHERE task = $1 ORDER BY id DESC OFFSET ${MAX_RUNS} LIMIT 1)`
const CLOSE_BROKEN = `UPDATE maintenance_runs SET error = 'its process ended before it did' WHERE ended_on IS NULL AND error IS NULL`
const REMOVE_IDLE = `
  DELETE FROM maintenance_runs run WHERE counts = '{}' AND ended_on IS NOT NULL AND error IS NULL
    AND EXISTS (SELECT FROM maintenance_runs newer WHERE newer.task = run.task AND newer.id > run.id)`

/** The table `maintenance_runs`, as its maintainer writes it. */
export class RunLog {
  readonly #database: Database
  readonly #runner: string
  /** Each task's newest run if it changed nothing: the next one takes its place. */
  readonly #idle = new Map<TaskName, number>()

  /** @param runner host and process id */
  constructor(database: Database, runner: string) {
    this.#database = database
    this.#runner = runner
  }

  /** What an earlier maintainer left: runs that nobody will end any more, and idle ones. To be called while no run is under way. */
  async takeOver(): Promise<void> {
    await this.#database.pool.query(CLOSE_BROKEN)
    await this.#database.pool.query(REMOVE_IDLE)
  }

  /** @returns the run's id */
  async start(task: TaskName): Promise<number> {
    const { rows } = await this.#database.pool.query<{ id: number }>(START, [task, this.#runner])
    return (rows[0] as { id: number }).id // an insert returns its row
  }

  async end(task: TaskName, id: number, counts: Readonly<Record<string, number>>): Promise<void> {
    const changed = Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0))
    await this.#end(task, id, changed, null)
    if (Object.keys(changed).length === 0) this.#idle.set(task, id)
    else await this.#database.pool.query(THIN, [task])
  }

  async fail(task: TaskName, id: number, err: unknown): Promise<void> {
    const text = err instanceof Error ? err.message : String(err)
    await this.#end(task, id, {}, text.slice(0, MAX_ERROR_CHARACTERS))
    await this.#database.pool.query(THIN, [task])
  }

  async #end(task: TaskName, id: number, counts: object, error: string | null): Promise<void> {
    await this.#database.pool.query(END, [id, JSON.stringify(counts), error])
    const idle = this.#idle.get(task)
    if (idle === undefined) return
    await this.#database.pool.query(REMOVE, [idle])
    this.#idle.delete(task)
  }
}
