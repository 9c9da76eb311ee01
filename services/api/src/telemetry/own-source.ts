import { randomBytes } from 'node:crypto'
import { apiSource, type EventId, type Frame, formatTime, type Micros } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { type Kysely, sql } from 'kysely'
import { StampClock } from './stamp-clock.ts'

/** This process as a source of readings: its name, its sequence numbers, its stamps. Its epoch is as old as the process. */
export class OwnSource {
  readonly name: string
  readonly epoch = randomBytes(5).toString('hex')
  readonly stamps: StampClock
  #seq = 0

  constructor(instance: number) {
    this.name = apiSource(instance)
    this.stamps = new StampClock(instance)
  }

  /** A frame under the next number. */
  frame(time: Micros, values: Record<EventId, number>): Frame {
    this.#seq += 1
    return { source: this.name, epoch: this.epoch, seq: this.#seq, time: formatTime(time), values }
  }
}

/**
 * This process as a source, numbered when it is first needed: the database, which counts the instances, may come up after this service.
 * Numbers come again after 64 starts. A process so old that another got its number differs from it by its epoch, and by its stamps unless
 * both take a value of one event within the same 64 microseconds.
 */
export function lazySource(db: Kysely<Tables>): () => Promise<OwnSource> {
  let source: Promise<OwnSource> | undefined
  return () => {
    source ??= numbered(db).catch((err: unknown) => {
      source = undefined // so that the next request tries again
      throw err
    })
    return source
  }
}

async function numbered(db: Kysely<Tables>): Promise<OwnSource> {
  const { rows } = await sql<{ instance: number }>`SELECT nextval('api_instances') AS instance`.execute(db)
  return new OwnSource(rows[0]?.instance ?? 0) // one row always
}
