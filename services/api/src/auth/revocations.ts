import { publishRevocation } from '@webmacs/auth'
import { type Bus, openBucket } from '@webmacs/bus'
import { formatTime, nowMicros, RevokedToken, type TokenClaims } from '@webmacs/contracts'
import { moment, type Tables } from '@webmacs/database'
import type { Logger } from '@webmacs/service-kit'
import type { Kysely } from 'kysely'
import type { Broker } from '../broker.ts'

const PURGE_INTERVAL_MS = 3_600_000

interface RevocationsOptions {
  readonly db: Kysely<Tables>
  readonly broker: Broker
  readonly log: Logger
}

/** Logged-out tokens: the table is the truth, the bucket `revoked` tells those who have no database (the live stream). */
export class Revocations {
  readonly #db: Kysely<Tables>
  readonly #broker: Broker
  readonly #log: Logger
  #purging: NodeJS.Timeout | undefined

  constructor({ db, broker, log }: RevocationsOptions) {
    this.#db = db
    this.#broker = broker
    this.#log = log
  }

  /** Brings the bucket up to what the table says, now and each time the broker comes back; then forgets what has expired, hourly. */
  async start(bus: Bus): Promise<void> {
    await this.#publishAll(bus)
    bus.onStatus((status) => {
      if (status === 'connected') void this.#attempt('revocations.not-published', () => this.#publishAll(bus))
    })
    this.#purging = setInterval(
      () => void this.#attempt('revocations.not-purged', () => this.#purge(bus)),
      PURGE_INTERVAL_MS,
    )
  }

  stop(): void {
    clearInterval(this.#purging)
  }

  /** From now on the token is refused; twice is as good as once. */
  async revoke({ jti, exp }: TokenClaims): Promise<void> {
    const expiresAt = exp * 1_000_000
    await this.#db
      .insertInto('revoked_tokens')
      .values({ jti, expires_at: formatTime(expiresAt) })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    await this.#attempt('revocations.not-published', () => publishRevocation(this.#broker.bus, jti, expiresAt))
  }

  async #publishAll(bus: Bus): Promise<void> {
    const bucket = await openBucket(bus, bus.names.buckets.revoked, RevokedToken)
    const known = await bucket.entries('>')
    const revoked = await this.#db
      .selectFrom('revoked_tokens')
      .select(['jti', 'expires_at'])
      .where('expires_at', '>', moment(nowMicros()))
      .execute()
    for (const { jti, expires_at } of revoked) {
      if (!known.has(jti)) await bucket.put(jti, { expires_at: formatTime(expires_at) })
    }
  }

  async #purge(bus: Bus): Promise<void> {
    const bucket = await openBucket(bus, bus.names.buckets.revoked, RevokedToken)
    const expired = await this.#db
      .deleteFrom('revoked_tokens')
      .where('expires_at', '<=', moment(nowMicros()))
      .returning('jti')
      .execute()
    for (const { jti } of expired) await bucket.delete(jti)
  }

  /** What the broker could not be told now, it is told when it comes back. */
  async #attempt(event: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (err) {
      this.#log.warn({ event, err }, 'bucket of revoked tokens is behind the table')
    }
  }
}
