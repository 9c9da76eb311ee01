import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type CommandReport, isFinalState, type Micros } from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'
import { isBusy, isCorruption } from '../outbox/outbox-file.ts'

/** So long the ids of commands are known, so that none is done twice. */
const KEPT = 24 * 3600 * 1_000_000

/** A controller that is being ended may hold the file for a moment longer. */
const LOCK_TIMEOUT_MS = 5000

const TABLES = `
  pragma journal_mode = wal;
  pragma synchronous = normal;
  create table if not exists commands (
    id text primary key,
    report text not null,
    final integer not null,
    sent integer not null,
    transitions integer not null,
    told integer not null default 0,
    saved_on integer not null
  ) strict;
  create table if not exists outputs (
    instance text not null,
    channel text not null,
    value real not null,
    confirmed real,
    primary key (instance, channel)
  ) strict;
`

export interface UnfinishedCommand {
  readonly report: CommandReport
  /** Its device may have been given the value. */
  readonly sent: boolean
}

/**
 * What a controller remembers of commands and outputs across its restarts. What was saved survives the end of the process, however it comes;
 * a power cut may take what was saved after the last `saveDurably`.
 */
export class CommandMemory {
  readonly #database: DatabaseSync

  readonly #isLasting: boolean

  /**
   * A damaged file is put aside, not deleted; where none can be, nothing is remembered and no command is done. Devices must run all the same.
   * @throws Error while another controller holds the file
   */
  static open(path: string, log: Pick<Logger, 'error'>): CommandMemory {
    try {
      return openFile(path, log)
    } catch (err) {
      if (isBusy(err)) throw err
      log.error({ event: 'commands.no-memory', path, err }, 'commands cannot be remembered there, and so none is done')
      return new CommandMemory(':memory:', { isLasting: false })
    }
  }

  /** @param isLasting whether what is saved is there after a restart */
  constructor(path: string, { isLasting = true }: { readonly isLasting?: boolean } = {}) {
    this.#isLasting = isLasting
    this.#database = new DatabaseSync(path, { timeout: LOCK_TIMEOUT_MS })
    try {
      this.#database.exec(TABLES)
      const [problem] = Object.values(this.#database.prepare('pragma quick_check(1)').get() ?? {})
      if (problem !== 'ok') throw new DamagedMemoryError(`the memory of commands is damaged: ${problem}`)
    } catch (err) {
      this.#database.close()
      throw err
    }
  }

  /** @param sent whether its device may have been given the value */
  save(report: CommandReport, { sent, now }: { readonly sent: boolean; readonly now: Micros }): void {
    this.#database
      .prepare(
        `insert into commands (id, report, final, sent, transitions, saved_on) values (?, ?, ?, ?, ?, ?)
         on conflict (id) do update set
           report = excluded.report, final = excluded.final, sent = excluded.sent, transitions = excluded.transitions`,
      )
      .run(
        report.id,
        JSON.stringify(report),
        Number(isFinalState(report.state)),
        Number(sent),
        report.transitions.length,
        now,
      )
  }

  /**
   * The same, and kept through a power cut from when this returns: it costs a sync of the disk, several milliseconds.
   * @throws Error where nothing can be kept
   */
  saveDurably(report: CommandReport, facts: { readonly sent: boolean; readonly now: Micros }): void {
    if (!this.#isLasting) throw new Error('there is no file to remember it in')
    this.#database.exec('pragma synchronous = full')
    try {
      this.save(report, facts)
    } finally {
      this.#database.exec('pragma synchronous = normal')
    }
  }

  find(id: string): CommandReport | undefined {
    const row = this.#database.prepare('select report from commands where id = ?').get(id)
    return row === undefined ? undefined : reportOf(row)
  }

  /** Those that nobody will finish any more, when this is asked at the start. */
  unfinished(): UnfinishedCommand[] {
    const rows = this.#database.prepare('select report, sent from commands where not final order by saved_on').all()
    return rows.map((row) => ({ report: reportOf(row), sent: row.sent === 1 }))
  }

  /** Those whose newest state the broker does not have, oldest first. */
  untold(): CommandReport[] {
    return this.#database
      .prepare('select report from commands where told < transitions order by saved_on')
      .all()
      .map(reportOf)
  }

  markTold({ id, transitions }: CommandReport): void {
    this.#database.prepare('update commands set told = ? where id = ?').run(transitions.length, id)
  }

  /** Lets go of what is older than a day and told. */
  prune(now: Micros): void {
    this.#database.prepare('delete from commands where saved_on < ? and final and told >= transitions').run(now - KEPT)
  }

  /** What an output has now. */
  noteValue(instance: string, channel: string, value: number): void {
    this.#database
      .prepare(
        'insert into outputs (instance, channel, value) values (?, ?, ?) on conflict do update set value = excluded.value',
      )
      .run(instance, channel, value)
  }

  /** A setpoint that its read-back agrees with. */
  noteConfirmed(instance: string, channel: string, setpoint: number): void {
    this.#database
      .prepare('update outputs set confirmed = ? where instance = ? and channel = ?')
      .run(setpoint, instance, channel)
  }

  /** What was confirmed before is not given again to outputs that were made safe on purpose. */
  forgetConfirmed(instance: string, channels: readonly string[]): void {
    const forget = this.#database.prepare('update outputs set confirmed = null where instance = ? and channel = ?')
    for (const channel of channels) forget.run(instance, channel)
  }

  /** undefined: never set by this controller. */
  valueOf(instance: string, channel: string): number | undefined {
    const row = this.#database
      .prepare('select value from outputs where instance = ? and channel = ?')
      .get(instance, channel)
    return row === undefined ? undefined : Number(row.value)
  }

  /** Last confirmed setpoints, channel → value. */
  setpoints(instance: string): Record<string, number> {
    const rows = this.#database
      .prepare('select channel, confirmed from outputs where instance = ? and confirmed is not null')
      .all(instance)
    return Object.fromEntries(rows.map(({ channel, confirmed }) => [String(channel), Number(confirmed)]))
  }

  /** The instance was removed; another one will not take over what its outputs had. */
  forget(instance: string): void {
    this.#database.prepare('delete from outputs where instance = ?').run(instance)
  }

  close(): void {
    this.#database.close()
  }
}

const reportOf = (row: Record<string, unknown>): CommandReport => JSON.parse(String(row.report)) // only this class writes it

class DamagedMemoryError extends Error {
  override name = 'DamagedMemoryError'
}

function openFile(path: string, log: Pick<Logger, 'error'>): CommandMemory {
  mkdirSync(dirname(path), { recursive: true })
  try {
    return new CommandMemory(path)
  } catch (err) {
    // A full disk or a lock says nothing about the file.
    if (!isCorruption(err) && !(err instanceof DamagedMemoryError)) throw err
    const aside = `${path}.unreadable-${Date.now()}`
    // With its log, which would be taken for the new one's.
    for (const part of ['', '-wal', '-shm']) if (existsSync(path + part)) renameSync(path + part, aside + part)
    log.error({ event: 'commands.memory-unreadable', err, aside }, 'memory of commands cannot be read, starting anew')
    return new CommandMemory(path)
  }
}
