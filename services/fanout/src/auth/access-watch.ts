import type { RevocationList } from '@webmacs/auth'
import { type Bus, parseJson } from '@webmacs/bus'
import { Change, mayActAs } from '@webmacs/contracts'
import { createValidator } from '@webmacs/contracts/validation'
import type { Admission, Credential } from './admission.ts'
import { REASON } from './reasons.ts'
import { verifyWithApi } from './verify.ts'

/** A socket that was let in. */
export interface Watched {
  readonly admission: Admission
  /** Ends it, with code 1008. */
  end(reason: string): void
}

interface WatchOptions {
  readonly bus: Bus
  readonly revoked: RevocationList
}

/** Requests under way at once when all sockets are looked at again. */
const AT_ONCE = 16
const RETRY_MS = 1000
/** A message on the bus may be lost; nobody stays longer than this because of it. */
const RECHECK_MS = 300_000

/**
 * Ends sockets whose credential is no good any more: at once when a session, an API token or a user ends, and after asking api when something
 * else about the user changed or the bus was away. While api does not answer nobody is sent away; it is asked again.
 */
export class AccessWatch {
  readonly #bus: Bus
  readonly #revoked: RevocationList
  readonly #sockets = new Set<Watched>()
  /** Those to be looked at, by credential: however many share one, api is asked once. */
  readonly #due = new Map<string, Set<Watched>>()
  readonly #validate = createValidator(Change, 'change')
  #underWay = 0
  #changes = 0
  #retry: NodeJS.Timeout | undefined
  #recheck: NodeJS.Timeout | undefined
  #stops: (() => void)[] = []

  constructor({ bus, revoked }: WatchOptions) {
    this.#bus = bus
    this.#revoked = revoked
  }

  start(): void {
    const { subjects } = this.#bus.names
    for (const entity of ['user', 'api_token']) {
      const subscription = this.#bus.nc.subscribe(subjects.changes(entity, '*'), {
        callback: (err, message) => {
          if (err) this.#bus.log.error({ event: 'auth.subscription-failed', err }, 'subscription to changes failed')
          else this.#hear(message.data)
        },
      })
      this.#stops.push(() => subscription.unsubscribe())
    }
    this.#stops.push(
      this.#revoked.onRevoked(() => this.#endRevoked()),
      this.#bus.onStatus((status) => {
        if (status === 'connected') this.#verifyAll()
      }),
    )
    this.#recheck = setInterval(() => this.#verifyAll(), RECHECK_MS)
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop()
    clearInterval(this.#recheck)
    clearTimeout(this.#retry)
    this.#retry = undefined
    this.#due.clear()
    this.#sockets.clear()
  }

  /** Rises with everything that may end a socket: to be read before asking for an admission and handed to `add` after it. */
  get changes(): number {
    return this.#changes
  }

  /**
   * @param since `changes` before the admission: what happened between is not missed
   * @returns what takes the socket out again
   */
  add(watched: Watched, since: number): () => void {
    this.#sockets.add(watched)
    if (this.#isRevoked(watched)) watched.end(REASON.revoked)
    else if (since !== this.#changes || !watched.admission.isConfirmed) this.#verify([watched])
    return () => {
      this.#sockets.delete(watched)
      const key = keyOf(watched.admission.credential)
      const due = this.#due.get(key)
      if (due?.delete(watched) && due.size === 0) this.#due.delete(key)
    }
  }

  #hear(data: Uint8Array): void {
    const change = this.#validate(parseJson(data))
    if (!change.ok) return
    this.#changes += 1
    const { entity, verb, id } = change.value
    const concerned = [...this.#sockets].filter(({ admission: { user, credential } }) =>
      entity === 'user' ? user === id : credential.kind === 'api-token' && credential.id === id,
    )
    const reason = ENDINGS[`${entity}.${verb}`]
    if (reason === undefined) this.#verify(concerned)
    else for (const watched of concerned) watched.end(reason)
  }

  #isRevoked({ admission: { credential } }: Watched): boolean {
    return credential.kind === 'session' && this.#revoked.has(credential.session)
  }

  #endRevoked(): void {
    for (const watched of this.#sockets) if (this.#isRevoked(watched)) watched.end(REASON.revoked)
  }

  #verifyAll(): void {
    this.#changes += 1
    this.#verify(this.#sockets)
  }

  #verify(sockets: Iterable<Watched>): void {
    this.#addDue(sockets)
    this.#verifyDue()
  }

  #addDue(sockets: Iterable<Watched>): void {
    for (const watched of sockets) {
      const key = keyOf(watched.admission.credential)
      this.#due.set(key, (this.#due.get(key) ?? new Set()).add(watched))
    }
  }

  #verifyDue(): void {
    while (this.#underWay < AT_ONCE) {
      const [next] = this.#due
      if (next === undefined) return
      const [key, sockets] = next
      this.#due.delete(key)
      this.#underWay += 1
      void this.#verifyTogether(sockets).finally(() => {
        this.#underWay -= 1
        // Who could not be verified waits for the timer; going on at once would ask a silent api without a pause.
        if (this.#retry === undefined) this.#verifyDue()
      })
    }
  }

  /** @param sockets all of one credential */
  async #verifyTogether(sockets: ReadonlySet<Watched>): Promise<void> {
    const [first] = sockets
    if (first === undefined) return
    const verification = await verifyWithApi(this.#bus, first.admission.credential)
    const present = [...sockets].filter((watched) => this.#sockets.has(watched))
    switch (verification.kind) {
      case 'refused':
        for (const watched of present) watched.end(verification.reason)
        break
      case 'verified':
        for (const watched of present)
          if (!mayActAs(verification.verified.role, watched.admission.role)) watched.end(REASON.roleChanged)
        break
      case 'unavailable':
        this.#addDue(present)
        this.#retry ??= setTimeout(() => {
          this.#retry = undefined
          this.#verifyDue()
        }, RETRY_MS)
        break
    }
  }
}

/** What ends sockets without a question. */
const ENDINGS: Partial<Record<string, string>> = {
  'api_token.deleted': REASON.invalidApiToken,
  'user.deactivated': REASON.userGone,
}

const keyOf = (credential: Credential): string =>
  credential.kind === 'session' ? credential.session.jti : credential.hash
