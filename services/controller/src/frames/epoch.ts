import { randomBytes } from 'node:crypto'

/** A name for a new order of sequence numbers: short, since each frame carries it, and random enough never to come again. */
export function newEpoch(): string {
  return randomBytes(5).toString('hex')
}
