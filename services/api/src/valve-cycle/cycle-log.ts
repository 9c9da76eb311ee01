import type { ReportedValveCycle } from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'
import { sql } from 'kysely'
import type { Changes } from '../changes/changes.ts'
import { writeLogEntry } from '../logging/log-entry-store.ts'

export interface CycleLogOptions {
  readonly changes: Changes
  readonly log: Pick<Logger, 'warn'>
}

const MAX_CONTENT = 500

/** Writes into the log that people read why a cycle ended early: once, whichever instances of this service hear of it, however often. */
export class CycleLog {
  readonly #options: CycleLogOptions
  readonly #writing = new Set<Promise<void>>()

  constructor(options: CycleLogOptions) {
    this.#options = options
  }

  take(controller: string, state: ReportedValveCycle): void {
    const { phase, error_message: problem } = state
    if (phase !== 'idle' || problem === null) return
    const writing = this.#write(controller, { ...state, error_message: problem }).catch((err: unknown) => {
      this.#options.log.warn({ event: 'valve-cycle.not-logged', err, problem }, 'log entry could not be written')
    })
    this.#writing.add(writing)
    void writing.finally(() => this.#writing.delete(writing))
  }

  async settled(): Promise<void> {
    await Promise.all(this.#writing)
  }

  async #write(controller: string, { since, error_message }: { since: string; error_message: string }): Promise<void> {
    await this.#options.changes.make(null, async (making) => {
      const value = JSON.stringify({ since })
      const { rows } = await sql`
        INSERT INTO installation (key, value) VALUES (${`valve-cycle-told:${controller}`}, ${value})
        ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE installation.value IS DISTINCT FROM excluded.value
        RETURNING key`.execute(making.trx)
      if (rows.length === 0) return
      const content = `Valve cycle ended early: ${error_message}`.slice(0, MAX_CONTENT)
      await writeLogEntry(making, { content, logging_type: 'error' }, null)
    })
  }
}
