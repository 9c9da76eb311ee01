import { type Bus, openBucket } from '@webmacs/bus'
import { formatTime, type Micros, nowMicros, parseTime, RevokedToken } from '@webmacs/contracts'

export interface RevocationListOptions {
  readonly bus: Bus
  readonly clock?: () => Micros
}

const PURGE_INTERVAL_MS = 60_000

/**
 * The tokens that were revoked and have not expired yet, as the bucket `revoked` tells them: complete when `start` resolves, then
 * following each change within moments, also after the broker was away. A revocation is never taken back.
 */
export class RevocationList {
  readonly #bus: Bus
  readonly #clock: () => Micros
  readonly #expiryById = new Map<string, Micros>()
  readonly #listeners = new Set<(jti: string) => void>()
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
    for (const [jti, { expires_at }] of await bucket.entries('>')) this.#note(jti, parseTime(expires_at))
    this.#purge = setInterval(() => this.purgeExpired(), PURGE_INTERVAL_MS)
    this.#purge.unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#purge)
    this.#aborter.abort()
    await this.#following
  }

  has(jti: string): boolean {
    return this.#expiryById.has(jti)
  }

  get size(): number {
    return this.#expiryById.size
  }

  /** Calls the listener with the `jti` of each token revoked from now on, once; returns what takes it away again. */
  onRevoked(listener: (jti: string) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Forgets what has expired: such a token is refused for its age. */
  purgeExpired(): void {
    const now = this.#clock()
    for (const [jti, expiry] of this.#expiryById) if (expiry <= now) this.#expiryById.delete(jti)
  }

  async #follow(entries: AsyncIterable<{ key: string; value: RevokedToken | undefined }>): Promise<void> {
    for await (const { key, value } of entries) if (value !== undefined) this.#note(key, parseTime(value.expires_at))
  }

  #note(jti: string, expiry: Micros | undefined): void {
    if (expiry === undefined || expiry <= this.#clock() || this.#expiryById.has(jti)) return
    this.#expiryById.set(jti, expiry)
    for (const listener of this.#listeners) listener(jti)
  }
}

/**
 * Makes a revocation known to every `RevocationList`; resolves when the broker has it.
 * @param expiresAt when the token ends by itself
 */
export async function publishRevocation(bus: Bus, jti: string, expiresAt: Micros): Promise<void> {
  const bucket = await openBucket(bus, bus.names.buckets.revoked, RevokedToken)
  await bucket.put(jti, { expires_at: formatTime(expiresAt) })
}
