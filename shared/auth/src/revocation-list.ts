import { type Bus, openBucket } from '@webmacs/bus'
import { formatTime, type Micros, nowMicros, parseTime, RevokedToken, type TokenClaims } from '@webmacs/contracts'

export interface RevocationListOptions {
  readonly bus: Bus
  readonly clock?: () => Micros
}

/** What identifies a session. */
export type Session = Pick<TokenClaims, 'sub' | 'jti' | 'ver'>

const PURGE_INTERVAL_MS = 60_000

/**
 * The sessions that were ended and have not expired yet, as the bucket `revoked` tells them: complete when `start` resolves, then
 * following each change within moments, also after the broker was away. A revocation is never taken back.
 */
export class RevocationList {
  readonly #bus: Bus
  readonly #clock: () => Micros
  readonly #entries = new Map<string, RevokedToken>()
  readonly #listeners = new Set<() => void>()
  readonly #aborter = new AbortController()
  #purge: NodeJS.Timeout | undefined
  #following: Promise<void> | undefined

  constructor({ bus, clock = nowMicros }: RevocationListOptions) {
    this.#bus = bus
    this.#clock = clock
  }

  /** Resolves when everything revoked so far is known. */
  async start(): Promise<void> {
    const bucket = await openBucket(this.#bus, this.#bus.names.buckets.revoked, RevokedToken)
    // Following starts first: what is revoked while the rest is being read comes twice rather than never.
    this.#following = this.#follow(bucket.watch('>', { signal: this.#aborter.signal }))
    for (const [key, entry] of await bucket.entries('>')) this.#note(key, entry)
    this.#purge = setInterval(() => this.purgeExpired(), PURGE_INTERVAL_MS)
    this.#purge.unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#purge)
    this.#aborter.abort()
    await this.#following
  }

  /** Whether the session was ended, by itself or with all of its user's. */
  has({ sub, jti, ver }: Session): boolean {
    if (this.#entries.has(jti)) return true
    const ended = this.#entries.get(sub)
    return ended?.version !== undefined && ver < ended.version && jti !== ended.kept
  }

  get size(): number {
    return this.#entries.size
  }

  /** Calls the listener each time that something more is revoked; returns what takes it away again. */
  onRevoked(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Forgets what has expired: such a token is refused for its age. */
  purgeExpired(): void {
    for (const [key, entry] of this.#entries) if (this.#isOver(entry)) this.#entries.delete(key)
  }

  async #follow(entries: AsyncIterable<{ key: string; value: RevokedToken | undefined }>): Promise<void> {
    for await (const { key, value } of entries) if (value !== undefined) this.#note(key, value)
  }

  #note(key: string, entry: RevokedToken): void {
    const known = this.#entries.get(key)
    const isKnown = known !== undefined && (known.version ?? 0) >= (entry.version ?? 0)
    if (isKnown || this.#isOver(entry)) return
    this.#entries.set(key, entry)
    for (const listener of this.#listeners) listener()
  }

  #isOver({ expires_at }: RevokedToken): boolean {
    return (parseTime(expires_at) ?? 0) <= this.#clock()
  }
}

/**
 * Makes the end of one session known to every `RevocationList`; resolves when the broker has it.
 * @param expiresAt when the token ends by itself
 */
export async function publishRevocation(bus: Bus, jti: string, expiresAt: Micros): Promise<void> {
  const bucket = await openBucket(bus, bus.names.buckets.revoked, RevokedToken)
  await bucket.put(jti, { expires_at: formatTime(expiresAt) })
}

export interface EndedSessions {
  readonly user: string
  /** Sessions that began under a lower version have ended … */
  readonly version: number
  /** … but for this one. */
  readonly kept: string | null
  /** When the longest of them would have ended by itself. */
  readonly expiresAt: Micros
}

/** Makes it known that all sessions of a user have ended; resolves when the broker has it. */
export async function endSessions(bus: Bus, { user, version, kept, expiresAt }: EndedSessions): Promise<void> {
  const bucket = await openBucket(bus, bus.names.buckets.revoked, RevokedToken)
  await bucket.put(user, { expires_at: formatTime(expiresAt), version, kept })
}
