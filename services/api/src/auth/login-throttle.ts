import { AppError } from '@webmacs/contracts'

export interface ThrottleLimits {
  readonly failuresPerAccount: number
  readonly failuresPerAddress: number
  readonly windowMs: number
  /** Accounts, and addresses, remembered at once. */
  readonly maxKeys: number
}

/** Ten guesses in five minutes are enough for a person who mistypes, and too few to guess with. */
export const DEFAULT_THROTTLE = {
  failuresPerAccount: 10,
  failuresPerAddress: 50,
  windowMs: 5 * 60_000,
  maxKeys: 10_000,
} as const satisfies ThrottleLimits

export interface LoginAttempt {
  readonly account: string
  /** As `clientKey` names it: one for all addresses that a client may choose from. */
  readonly address: string
}

/** Slows the guessing of passwords: per account, whoever guesses, and per address, whatever account it tries. Always on, private networks included. */
export class LoginThrottle {
  readonly #accounts: FailureCounts
  readonly #addresses: FailureCounts
  readonly #clock: () => number

  /** @param clock milliseconds, never going back */
  constructor(limits: ThrottleLimits = DEFAULT_THROTTLE, clock: () => number = () => performance.now()) {
    this.#accounts = new FailureCounts(limits.failuresPerAccount, limits)
    this.#addresses = new FailureCounts(limits.failuresPerAddress, limits)
    this.#clock = clock
  }

  /**
   * Counts an attempt as failed until it is known how it went, so that many at once cannot slip through before the first answer. `failed`,
   * `succeeded` or `withdraw` must follow.
   * @throws AppError `auth.throttled` when there were too many failures, or may be when those under way are known
   */
  begin({ account, address }: LoginAttempt): void {
    const now = this.#clock()
    const waitMs = Math.max(this.#accounts.waitMs(account, now), this.#addresses.waitMs(address, now))
    if (waitMs > 0) {
      const seconds = Math.ceil(waitMs / 1000)
      throw new AppError('auth.throttled', {
        detail: `Too many failed logins, or logins at once. Try again in ${seconds} s.`,
        retryAfterSeconds: seconds,
      })
    }
    this.#accounts.add(account, now)
    this.#addresses.add(address, now)
  }

  failed({ account, address }: LoginAttempt): void {
    this.#accounts.settle(account)
    this.#addresses.settle(address)
  }

  /** The account's failures are forgotten; the address keeps those that it had with other accounts. */
  succeeded({ account, address }: LoginAttempt): void {
    this.#accounts.settle(account)
    this.#accounts.forget(account)
    this.#addresses.takeBack(address)
  }

  /** It was not decided whether the password is right. */
  withdraw({ account, address }: LoginAttempt): void {
    this.#accounts.takeBack(account)
    this.#addresses.takeBack(address)
  }
}

/** Until attempts under way are decided, milliseconds. */
const UNDECIDED_WAIT_MS = 1000

/** Times of recent failures by key, those that are not yet known to be some among them; the key that failed longest ago makes room for a new one. */
class FailureCounts {
  readonly #times = new Map<string, number[]>()
  /** How many of a key's newest attempts are under way; no more keys than requests. */
  readonly #underWay = new Map<string, number>()
  readonly #limit: number
  readonly #windowMs: number
  readonly #maxKeys: number

  constructor(limit: number, { windowMs, maxKeys }: ThrottleLimits) {
    this.#limit = limit
    this.#windowMs = windowMs
    this.#maxKeys = maxKeys
  }

  /** How long until another attempt is allowed; 0: now. */
  waitMs(key: string, now: number): number {
    const recent = this.#recent(key, now)
    const decided = recent.length - (this.#underWay.get(key) ?? 0)
    const oldest = recent[decided - this.#limit]
    if (oldest !== undefined) return oldest + this.#windowMs - now
    return recent.length < this.#limit ? 0 : UNDECIDED_WAIT_MS
  }

  add(key: string, now: number): void {
    this.#underWay.set(key, (this.#underWay.get(key) ?? 0) + 1)
    const recent = this.#recent(key, now)
    recent.push(now)
    this.#times.delete(key)
    this.#times.set(key, recent)
    if (this.#times.size <= this.#maxKeys) return
    const [longestQuiet] = this.#times.keys()
    if (longestQuiet !== undefined) this.#times.delete(longestQuiet)
  }

  /** One that was under way is decided: the failure that it was counted as stays. */
  settle(key: string): void {
    const left = (this.#underWay.get(key) ?? 1) - 1
    if (left === 0) this.#underWay.delete(key)
    else this.#underWay.set(key, left)
  }

  takeBack(key: string): void {
    this.settle(key)
    const times = this.#times.get(key)
    times?.pop()
    if (times?.length === 0) this.#times.delete(key)
  }

  forget(key: string): void {
    this.#times.delete(key)
  }

  #recent(key: string, now: number): number[] {
    return (this.#times.get(key) ?? []).filter((time) => time > now - this.#windowMs)
  }
}
