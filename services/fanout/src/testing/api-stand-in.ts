import { createApiToken, hashApiToken, signToken, type TokenKey } from '@webmacs/auth'
import { publishChange, type Responder, respond } from '@webmacs/bus'
import {
  type ApiTokenId,
  AppError,
  formatTime,
  newId,
  nowMicros,
  type Role,
  type RunningExperiment,
  TelemetryBatch,
  type TelemetryOutcome,
  type UserId,
  type VerifiedCredential,
  VerifyCredential,
} from '@webmacs/contracts'
import type { TestBus } from '@webmacs/testing'
import { Type } from 'typebox'

interface KnownUser {
  role: Role
  isActive: boolean
}

interface KnownToken {
  readonly id: ApiTokenId
  readonly user: UserId
  readonly expiresAt: string | null
}

/** What api answers on the bus, from a few maps instead of a database. */
export class ApiStandIn {
  readonly users = new Map<UserId, KnownUser>()
  readonly apiTokens = new Map<string, KnownToken>()
  running: RunningExperiment = { experiment: null }
  /** Batches that were handed on, in the order of their arrival. */
  readonly batches: TelemetryBatch[] = []
  /** How often it was asked what a credential may do. */
  verified = 0
  /** What becomes of a batch. */
  take: (batch: TelemetryBatch) => Promise<TelemetryOutcome> | TelemetryOutcome = ({ datapoints }) => ({
    accepted: datapoints.length,
    rejected: [],
  })
  readonly #site: TestBus
  readonly #key: TokenKey
  #responders: Responder[]

  constructor(site: TestBus, key: TokenKey) {
    this.#site = site
    this.#key = key
    this.#responders = this.#respond()
  }

  /** Resolves when the broker knows that there is somebody to ask again. */
  async start(): Promise<void> {
    this.#responders = this.#respond()
    await this.#site.bus.nc.flush()
  }

  #respond(): Responder[] {
    const { bus } = this.#site
    const { authVerify, runningExperiment, telemetry } = bus.names.subjects
    return [
      respond(bus, authVerify, VerifyCredential, (asked) => this.#verify(asked)),
      respond(bus, runningExperiment, Type.Object({}), () => this.running),
      respond(bus, telemetry, TelemetryBatch, (batch) => {
        this.batches.push(batch)
        return this.take(batch)
      }),
    ]
  }

  /** From now on nobody answers. */
  async stop(): Promise<void> {
    await Promise.all(this.#responders.splice(0).map((responder) => responder.stop()))
  }

  user(role: Role): UserId {
    const id = newId('usr')
    this.users.set(id, { role, isActive: true })
    return id
  }

  /** A session of a user, a new one when none is named. */
  session(role: Role, { user = this.user(role), expiresInSeconds = 3600 } = {}) {
    const now = new Date(Date.now() + (expiresInSeconds - 3600) * 1000)
    return signToken(this.#key, { user, role, version: 1, lifetimeMinutes: 60, now })
  }

  apiToken(role: Role, { user = this.user(role), expiresInSeconds = undefined as number | undefined } = {}) {
    const token = createApiToken()
    const id = newId('tok')
    const expiresAt = expiresInSeconds === undefined ? null : formatTime(nowMicros() + expiresInSeconds * 1_000_000)
    this.apiTokens.set(hashApiToken(token), { id, user, expiresAt })
    return { token, id, user }
  }

  /** Changes a user as api does: first what is true, then what is told. */
  async changeUser(id: UserId, verb: string, set: Partial<KnownUser>): Promise<void> {
    const user = this.users.get(id)
    if (user !== undefined) Object.assign(user, set)
    await this.tell('user', verb, id)
  }

  tell(entity: string, verb: string, id: string): Promise<void> {
    return publishChange(this.#site.bus, { entity, verb, id, time: formatTime(nowMicros()), by: null })
  }

  #verify(asked: VerifyCredential): VerifiedCredential {
    this.verified += 1
    if ('session' in asked) return this.#verifyUser(asked.session.user, null, null)
    const token = this.apiTokens.get(asked.api_token_hash)
    if (token === undefined) throw new AppError('auth.invalid-token')
    const isExpired = token.expiresAt !== null && Date.parse(token.expiresAt) <= Date.now()
    if (isExpired) throw new AppError('auth.expired-token')
    return this.#verifyUser(token.user, token.id, token.expiresAt)
  }

  #verifyUser(id: UserId, apiToken: ApiTokenId | null, expiresAt: string | null): VerifiedCredential {
    const user = this.users.get(id)
    if (user === undefined || !user.isActive) throw new AppError('auth.user-gone')
    return { user: id, role: user.role, api_token: apiToken, expires_at: expiresAt }
  }
}
