import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

const KEY_BYTES = 24

/** What a download link carries instead of a token. */
export const newDownloadKey = (): string => randomBytes(KEY_BYTES).toString('base64url')

/** What is stored of it: from a copy of the table nobody can make a link. */
export const hashDownloadKey = (key: string): string => createHash('sha256').update(key).digest('hex')

export const isDownloadKey = (key: string, hash: string): boolean =>
  timingSafeEqual(Buffer.from(hashDownloadKey(key), 'hex'), Buffer.from(hash, 'hex'))
