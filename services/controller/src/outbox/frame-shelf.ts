import type { DatabaseSync } from 'node:sqlite'
import type { Micros } from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'
import { type EpochStart, FrameStore, type NumberedFrame } from './frame-store.ts'
import { type OpenedOutbox, openOutbox } from './open-outbox.ts'
import { isBusy, isCorruption } from './outbox-file.ts'
import { type Range, RangeSet } from './range-set.ts'

export interface FrameShelfOptions {
  readonly path: string
  readonly log: Pick<Logger, 'error' | 'info'>
  /** The file broke and a new one is in use: what was in it is gone. @param since when the broken one was begun */
  readonly onBroken: (since: Micros) => void
}

/** Beside its text, what a frame's commit writes: the pages that it shares with others. */
const BYTES_PER_COMMIT = 2048
/** Deleting takes a turn of the event loop for each so many. */
const REMOVED_PER_TURN = 1000
const WRITTEN_AT_ONCE = 500
/** While the disk refuses. */
const RETRY_MS = 1000

/**
 * Where frames lie: on the disk, and those that the disk did not take, in memory until it does. Never throws for the disk's sake: trouble
 * is told in the log, at its start and at its end.
 */
export class FrameShelf {
  readonly #options: FrameShelfOptions
  readonly #unwritten = new Map<number, NumberedFrame>()
  readonly #dead = new RangeSet()
  #db: DatabaseSync
  #store: FrameStore
  #isInMemory: boolean
  #unwrittenBytes = 0
  #writtenBytes = 0
  #trouble = false
  #retryAtMs = 0
  #isUnreadable = false
  #isClosed = false
  #turn: NodeJS.Immediate | undefined

  constructor(options: FrameShelfOptions) {
    this.#options = options
    const { db, isInMemory, brokenSince, store } = openStore(options)
    this.#db = db
    this.#isInMemory = isInMemory
    this.#store = store
    this.brokenSince = brokenSince
  }

  /** When the file was begun that was found broken at the start; undefined: it was well. */
  readonly brokenSince: Micros | undefined

  get db(): DatabaseSync {
    return this.#db
  }

  /** There is no file: the folder cannot be written. */
  get isInMemory(): boolean {
    return this.#isInMemory
  }

  get stored(): RangeSet {
    return this.#store.stored
  }

  get next(): number {
    return this.#store.next
  }

  get unwritten(): ReadonlyMap<number, NumberedFrame> {
    return this.#unwritten
  }

  get unwrittenBytes(): number {
    return this.#unwrittenBytes
  }

  /** Bytes written to the log so far, about. */
  get writtenBytes(): number {
    return this.#writtenBytes
  }

  epochs(): readonly EpochStart[] {
    return this.#store.epochs()
  }

  keepEpochs(epochs: readonly EpochStart[]): void {
    this.attempt(() => this.#store.keepEpochs(epochs))
  }

  put(frame: NumberedFrame): void {
    this.#writtenBytes += frame.body.length + BYTES_PER_COMMIT
    // Others that wait go first, so that the file stays in order.
    this.retry()
    if (this.#unwritten.size === 0 && this.attempt(() => this.#store.insert(frame))) return
    if (this.stored.has(frame.ordinal)) return // a new file was begun meanwhile, with it in it
    this.#unwritten.set(frame.ordinal, frame)
    this.#unwrittenBytes += frame.body.length
  }

  /** Tries to write what could not be written, a part at a time: often while a checkpoint held the file, seldom while the disk is full. */
  retry(): void {
    if (this.#unwritten.size === 0 || performance.now() < this.#retryAtMs) return
    const frames = this.#unwritten.values().take(WRITTEN_AT_ONCE).toArray()
    if (this.attempt(() => this.#store.insertLate(frames))) for (const { ordinal } of frames) this.#letGo(ordinal)
    else if (this.#trouble) this.#retryAtMs = performance.now() + RETRY_MS
  }

  /** The last reading ended before its end, for the disk's sake. */
  get isUnreadable(): boolean {
    return this.#isUnreadable
  }

  /** Frames between, ascending. */
  *read({ first, last }: Range): Generator<NumberedFrame> {
    this.#isUnreadable = false
    let next = first
    if (this.#unwritten.size > 0) {
      // What waits came last, or while the disk was in trouble: all of it is in order.
      for (const frame of this.#unwritten.values()) {
        if (frame.ordinal < first || frame.ordinal > last) continue
        yield* this.#readStored({ first: next, last: frame.ordinal - 1 })
        yield frame
        next = frame.ordinal + 1
      }
    }
    yield* this.#readStored({ first: next, last })
  }

  timeOf(ordinal: number): Micros | undefined {
    for (const { time } of this.read({ first: ordinal, last: ordinal })) return time
    return undefined
  }

  /** Deletes in the background; whoever asks for these frames no more does not see the difference. */
  remove(ranges: readonly Range[]): void {
    for (const { first, last } of ranges) {
      for (const ordinal of this.#unwritten.keys()) if (ordinal >= first && ordinal <= last) this.#letGo(ordinal)
      for (const range of this.stored.within(first, last)) this.#dead.add(range.first, range.last)
    }
    this.#turn ??= setImmediate(() => this.#removeSome())
  }

  /** Deletes at once. @param alongside what happens together with it @returns whether it did */
  removeNow(ranges: readonly Range[], alongside: () => void): boolean {
    const stored = ranges.flatMap(({ first, last }) => this.stored.within(first, last))
    if (!this.attempt(() => this.#store.remove(stored, alongside))) return false
    for (const { first, last } of ranges) {
      for (const ordinal of this.#unwritten.keys()) if (ordinal >= first && ordinal <= last) this.#letGo(ordinal)
    }
    return true
  }

  /** Bytes on disk that hold something. */
  usedBytes(): number {
    let used = 0
    this.attempt(() => {
      used = this.#store.usedBytes()
    })
    return used
  }

  /** Deletes what is to be deleted before anything else has to go. @returns whether there was anything */
  removeDead(): boolean {
    if (this.#dead.size === 0) return false
    return this.#removeDeadUpTo(REMOVED_PER_TURN)
  }

  /** @returns whether it worked; when not, the log says so, and a broken file has been replaced */
  attempt(work: () => void): boolean {
    if (this.#isClosed) return false
    try {
      work()
      if (this.#trouble && this.#unwritten.size === 0) {
        this.#trouble = false
        this.#options.log.info({ event: 'outbox.disk-works' }, 'the disk takes frames again')
      }
      return true
    } catch (err) {
      if (isCorruption(err)) this.#startAnew(err)
      // Busy: a checkpoint is being made, the next attempt works.
      else if (!isBusy(err) && !this.#trouble) {
        this.#trouble = true
        this.#options.log.error(
          { event: 'outbox.disk-failed', err },
          'the disk takes no frames, they are kept in memory',
        )
      }
      return false
    }
  }

  close(): void {
    if (this.#isClosed) return
    clearImmediate(this.#turn)
    this.#writeAll()
    this.#isClosed = true
    this.#db.close()
  }

  /** As far as the disk takes it. */
  #writeAll(): void {
    this.#retryAtMs = 0
    for (let left = Number.POSITIVE_INFINITY; this.#unwritten.size > 0 && this.#unwritten.size < left; ) {
      left = this.#unwritten.size
      this.retry()
    }
  }

  *#readStored(range: Range): Generator<NumberedFrame> {
    if (range.first > range.last) return
    try {
      yield* this.#store.read(range)
    } catch (err) {
      if (isCorruption(err)) this.#startAnew(err)
      else this.#noteUnreadable(err)
    }
  }

  #noteUnreadable(err: unknown): void {
    this.#isUnreadable = true
    if (this.#trouble) return
    this.#trouble = true
    this.#options.log.error({ event: 'outbox.disk-failed', err }, 'the disk gives no frames back, trying again')
  }

  #letGo(ordinal: number): void {
    this.#unwrittenBytes -= this.#unwritten.get(ordinal)?.body.length ?? 0
    this.#unwritten.delete(ordinal)
  }

  #removeSome(): void {
    this.#turn = undefined
    if (this.#isClosed || this.#dead.size === 0) return
    const done = this.#removeDeadUpTo(REMOVED_PER_TURN)
    if (done) this.#turn = setImmediate(() => this.#removeSome())
  }

  #removeDeadUpTo(most: number): boolean {
    const ranges: Range[] = []
    let left = most
    for (const { first, last } of this.#dead.ranges) {
      if (left <= 0) break
      ranges.push({ first, last: Math.min(last, first + left - 1) })
      left -= last - first + 1
    }
    if (!this.attempt(() => this.#store.remove(ranges))) return false
    for (const { first, last } of ranges) this.#dead.remove(first, last)
    return true
  }

  #startAnew(err: unknown): void {
    this.#options.log.error({ event: 'outbox.broken', err }, 'the outbox is damaged, a new one is begun')
    this.#db.close()
    const opened = openOutbox(this.#options.path, this.#options.log, { setAside: true })
    this.#db = opened.db
    this.#isInMemory = opened.isInMemory
    this.#store = new FrameStore(opened.db, this.#store.next)
    this.#dead.remove(0, Number.MAX_SAFE_INTEGER)
    this.#options.onBroken(opened.brokenSince ?? 0)
  }
}

function openStore({ path, log }: FrameShelfOptions): OpenedOutbox & { readonly store: FrameStore } {
  const opened = openOutbox(path, log)
  try {
    const store = new FrameStore(opened.db)
    store.shrink()
    return { ...opened, store }
  } catch (err) {
    log.error({ event: 'outbox.broken', path, err }, 'the outbox cannot be read')
    opened.db.close()
    const anew = openOutbox(path, log, { setAside: true })
    return { ...anew, store: new FrameStore(anew.db) }
  }
}
