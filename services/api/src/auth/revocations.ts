import { endSessions, publishRevocation } from '@webmacs/auth'
import { type Bus, openBucket } from '@webmacs/bus'
import {
  formatTime,
  type Micros,
  nowMicros,
  parseTime,
  RevokedToken,
  type TokenClaims,
  type UserId,
} from '@webmacs/contracts'
import { moment, type Tables } from '@webmacs/database'
import type { Logger } from '@webmacs/service-kit'
import type { Kysely } from 'kysely'
import type { Broker } from '../broker.ts'

const PURGE_INTERVAL_MS = 3_600_000
const MICROS_PER_MINUTE = 60_000_000

interface RevocationsOptions {
  readonly db: Kysely<Tables>
  readonly broker: Broker
  readonly log: Logger
  /** How long a session lasts when nobody ends it. */
  readonly tokenLifetimeMinutes: number
}

/** All sessions of a user but for the kept one, begun before the version. */
export interface EndedSessions {
  readonly user: UserId
  readonly version: number
  readonly kept: string | null
}

/**
 * Sessions that were ended: one by a logout (`revoked_tokens`), all of a user by a new password or deactivation (`users.session_version`). The
 * tables are the truth, the bucket `revoked` tells those who have no database (the live stream).
 */
export class Revocations {
  readonly #db: Kysely<Tables>
  readonly #broker: Broker
  readonly #log: Logger
  readonly #lifetime: Micros
  #purging: NodeJS.Timeout | undefined

  constructor({ db, broker, log, tokenLifetimeMinutes }: RevocationsOptions) {
    this.#db = db
    this.#broker = broker
    this.#log = log
    this.#lifetime = tokenLifetimeMinutes * MICROS_PER_MINUTE
  }

  /** Brings the bucket up to what the tables say, now and each time the broker comes back; then forgets what has expired, hourly. */
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

  /** Tells that sessions have ended, after the transaction that ended them. */
  async tellEnded(sessions: EndedSessions): Promise<void> {
    const expiresAt = nowMicros() + this.#lifetime
    await this.#attempt('revocations.not-published', () => endSessions(this.#broker.bus, { ...sessions, expiresAt }))
  }

  async #publishAll(bus: Bus): Promise<void> {
    const bucket = await openBucket(bus, bus.names.buckets.revoked, RevokedToken)
    const known = await bucket.entries('>')
    for (const { jti, expires_at } of await this.#revokedTokens()) {
      if (!known.has(jti)) await bucket.put(jti, { expires_at: formatTime(expires_at) })
    }
    for (const { updated_on, ...sessions } of await this.#endedSessions()) {
      const isKnown = (known.get(sessions.user)?.version ?? 0) >= sessions.version
      if (!isKnown) await endSessions(bus, { ...sessions, expiresAt: updated_on + this.#lifetime })
    }
  }

  #revokedTokens() {
    return this.#db
      .selectFrom('revoked_tokens')
      .select(['jti', 'expires_at'])
      .where('expires_at', '>', moment(nowMicros()))
      .execute()
  }

  /** Of users who were changed so recently that a session from before may not have expired yet. */
  #endedSessions() {
    return this.#db
      .selectFrom('users')
      .select(['public_id as user', 'session_version as version', 'kept_session as kept', 'updated_on'])
      .where('session_version', '>', 1)
      .where('updated_on', '>', moment(nowMicros() - this.#lifetime))
      .execute()
  }

  async #purge(bus: Bus): Promise<void> {
    const now = nowMicros()
    await this.#db.deleteFrom('revoked_tokens').where('expires_at', '<=', moment(now)).execute()
    const bucket = await openBucket(bus, bus.names.buckets.revoked, RevokedToken)
    for (const [key, { expires_at }] of await bucket.entries('>')) {
      if ((parseTime(expires_at) ?? 0) <= now) await bucket.delete(key)
    }
    // A user's entry may have been renewed between the look and the deletion.
    await this.#publishAll(bus)
  }

  /** What the broker could not be told now, it is told when it comes back. */
  async #attempt(event: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (err) {
      this.#log.warn({ event, err }, 'bucket of ended sessions is behind the tables')
    }
  }
}
