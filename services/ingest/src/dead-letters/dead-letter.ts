import { type DeadReadings, formatTime } from '@webmacs/contracts'
import type { DeadCandidate } from '../batching/batch.ts'

/** As much of a message as surely fits: each character takes at most six bytes in JSON. */
const MAX_RAW_CHARACTERS = 100_000
/** Leaves room for subject and headers below the broker's limit of 1 MB. */
const MAX_LETTER_BYTES = 900_000

/** The letter as it is published. A frame that grew past the broker's limit when written anew goes as the beginning of its text. */
export function encodeDeadLetter(candidate: DeadCandidate): string {
  const { reason, detail, receivedAt, message, content } = candidate
  const letter: DeadReadings = {
    reason,
    detail,
    received_on: formatTime(receivedAt),
    subject: message.subject,
    stream_seq: message.seq,
  }
  if (content !== undefined) {
    const text = JSON.stringify({ ...letter, frame: content })
    if (Buffer.byteLength(text) <= MAX_LETTER_BYTES) return text
  }
  const raw = Buffer.from(message.data)
    .toString('utf8', 0, MAX_RAW_CHARACTERS * 4)
    .slice(0, MAX_RAW_CHARACTERS)
  return JSON.stringify({ ...letter, raw })
}

/**
 * The same for the same trouble with the same frame of the same stored message, so that a redelivery adds no second letter within the
 * broker's window, and another frame's letter is not taken for it.
 */
export const deadLetterId = ({ message, index, reason }: DeadCandidate): string =>
  [message.seq, index ?? '', reason].join(':')
