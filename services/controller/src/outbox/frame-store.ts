import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Micros } from '@webmacs/contracts'
import { type Range, RangeSet } from './range-set.ts'

/** A frame with its place: ordinals count the frames of all epochs. */
export interface NumberedFrame {
  readonly ordinal: number
  readonly time: Micros
  /** How many values it has. */
  readonly readings: number
  readonly instance: string
  /** The frame as JSON. */
  readonly body: string
}

export interface EpochStart {
  readonly epoch: string
  /** Ordinal of its first frame, the one with number 1. */
  readonly start: number
}

/** The frames in the file. What is in it is known by ranges: nothing is kept in memory for a frame. Any call may throw SQLite's errors. */
export class FrameStore {
  readonly #db: DatabaseSync
  readonly #stored: RangeSet
  readonly #insert: StatementSync
  readonly #select: StatementSync
  readonly #delete: StatementSync
  readonly #keepRanges: StatementSync
  readonly #pages: StatementSync
  #next = 1

  /** @param next the least ordinal of a new frame */
  constructor(db: DatabaseSync, next = 1) {
    this.#db = db
    this.#insert = db.prepare(
      'INSERT OR REPLACE INTO frames (ordinal, time, readings, instance, body) VALUES (?, ?, ?, ?, ?)',
    )
    this.#select = db.prepare(
      'SELECT ordinal, time, readings, instance, body FROM frames WHERE ordinal BETWEEN ? AND ? ORDER BY ordinal',
    )
    this.#delete = db.prepare('DELETE FROM frames WHERE ordinal BETWEEN ? AND ?')
    this.#keepRanges = db.prepare('INSERT OR REPLACE INTO stored (one, ranges, next) VALUES (1, ?, ?)')
    this.#pages = db.prepare(
      `SELECT (page_count - freelist_count) * page_size AS used, freelist_count * page_size AS free
       FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,
    )
    this.#stored = this.#readStored()
    this.#next = Math.max(this.#next, next)
  }

  /** Ordinals of the frames in the file. */
  get stored(): RangeSet {
    return this.#stored
  }

  /** What no frame had as its ordinal so far. */
  get next(): number {
    return this.#next
  }

  insert({ ordinal, time, readings, instance, body }: NumberedFrame): void {
    this.#insert.run(ordinal, time, readings, instance, body)
    this.#stored.add(ordinal, ordinal)
    this.#next = Math.max(this.#next, ordinal + 1)
  }

  /** Frames that could not be written before, all or none. */
  insertLate(frames: readonly NumberedFrame[]): void {
    this.inTransaction(
      () => {
        for (const frame of frames) this.insert(frame)
        this.#rememberRanges()
      },
      frames.map(({ ordinal }) => ordinal),
    )
  }

  /** Frames between, ascending; read as they are asked for. */
  *read({ first, last }: Range): Generator<NumberedFrame> {
    for (const row of this.#select.iterate(first, last)) yield row as unknown as NumberedFrame // the table's columns
  }

  timeOf(ordinal: number): Micros | undefined {
    const [frame] = this.read({ first: ordinal, last: ordinal })
    return frame?.time
  }

  /** @param alongside what is to happen together with it */
  remove(ranges: readonly Range[], alongside: () => void = () => undefined): void {
    const before = new RangeSet(this.#stored.ranges)
    try {
      this.inTransaction(() => {
        for (const { first, last } of ranges) {
          this.#delete.run(first, last)
          this.#stored.remove(first, last)
        }
        this.#rememberRanges()
        alongside()
      })
    } catch (err) {
      for (const { first, last } of before.ranges) this.#stored.add(first, last)
      throw err
    }
  }

  epochs(): EpochStart[] {
    return this.#db.prepare('SELECT epoch, start FROM epochs ORDER BY start').all() as unknown as EpochStart[] // the table's columns
  }

  keepEpochs(epochs: readonly EpochStart[]): void {
    this.inTransaction(() => {
      this.#db.exec('DELETE FROM epochs')
      const insert = this.#db.prepare('INSERT INTO epochs (epoch, start) VALUES (?, ?)')
      for (const { epoch, start } of epochs) insert.run(epoch, start)
    })
  }

  /** Bytes of the file that hold something; freed ones are used again before it grows. */
  usedBytes(): number {
    return Number(this.#pages.get()?.used)
  }

  /** Gives the disk back what a backlog took, when little is left of it: copies what there is. */
  shrink(): void {
    const { used, free } = this.#pages.get() ?? {}
    if (Number(free) > SHRINK_BYTES && Number(used) < SHRINK_BYTES / 4) this.#db.exec('VACUUM')
  }

  /** @param added ordinals that are not there after all when it fails */
  inTransaction(work: () => void, added: readonly number[] = []): void {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.#db.exec('COMMIT')
    } catch (err) {
      for (const ordinal of added) this.#stored.remove(ordinal, ordinal)
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw err
    }
  }

  #rememberRanges(): void {
    this.#keepRanges.run(JSON.stringify(this.#stored.ranges), this.#next)
  }

  /** Frames since the ranges were written down stand in one row: whatever breaks it writes them down again. */
  #readStored(): RangeSet {
    // Two queries: one that asks for both ends reads all of the table.
    const ends = this.#db
      .prepare('SELECT (SELECT min(ordinal) FROM frames) AS first, (SELECT max(ordinal) FROM frames) AS last')
      .get()
    const first = Number(ends?.first ?? 0)
    const last = Number(ends?.last ?? -1)
    const known = this.#db.prepare('SELECT ranges, next FROM stored').get()
    this.#next = Math.max(last + 1, Number(known?.next ?? 1))
    if (known === undefined) return new RangeSet(first <= last ? [{ first, last }] : [])
    const ranges = new RangeSet(JSON.parse(String(known.ranges)) as Range[]) // as `#rememberRanges` wrote it
    ranges.add(Math.max(first, Number(known.next)), last)
    return new RangeSet(ranges.within(first, last))
  }
}

const SHRINK_BYTES = 64 * 1024 * 1024
