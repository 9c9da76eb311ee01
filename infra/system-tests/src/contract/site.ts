import { type System, startSystem } from '../system.ts'
import { type Answer, type Sent, send } from './http.ts'

export type Role = 'viewer' | 'operator' | 'admin'

/** Who asks: one of the three users that are always there, somebody with a token, or nobody. */
export type Caller = Role | 'nobody' | { readonly token: string }

export interface Call extends Omit<Sent, 'token'> {
  /** Left out: the admin. */
  readonly as?: Caller
  /** Left out: `/api/v1`. */
  readonly base?: string
}

export interface Account {
  readonly id: string
  readonly email: string
  readonly username: string
  readonly password: string
  readonly token: string
}

const ADMIN = { email: 'admin@webmacs.io', password: 'admin123' }
const PASSWORD = 'correct horse battery'

/** One running system for all chapters, with a user of each role. Knows nothing of the server but its address and the first login. */
export class ContractSite {
  #system: System | undefined
  readonly #accounts = new Map<Role, Account>()
  #names = 0

  async start(): Promise<void> {
    this.#system = await startSystem()
    this.#accounts.set('admin', { ...ADMIN, ...(await this.login(ADMIN.email, ADMIN.password)) })
    for (const role of ['viewer', 'operator'] as const) this.#accounts.set(role, await this.newUser(role))
  }

  async stop(): Promise<void> {
    await this.#system?.[Symbol.asyncDispose]()
  }

  get url(): string {
    if (this.#system === undefined) throw new Error('the system was not started')
    return this.#system.url
  }

  get socketUrl(): string {
    return this.url.replace('http', 'ws')
  }

  /** What our own controller says of itself to whoever watches it. */
  async controllerMetrics(): Promise<string> {
    const port = (await this.#system?.runtime())?.services.controller?.opsPort
    return (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  }

  account(role: Role): Account {
    const account = this.#accounts.get(role)
    if (account === undefined) throw new Error(`no ${role} yet`)
    return account
  }

  token(role: Role): string {
    return this.account(role).token
  }

  call(method: string, path: string, { as = 'admin', base = '/api/v1', ...sent }: Call = {}): Promise<Answer> {
    return send(method, `${this.url}${base}${path}`, { ...sent, token: this.#tokenOf(as) })
  }

  readonly get = (path: string, call?: Call): Promise<Answer> => this.call('GET', path, call)
  readonly post = (path: string, body?: unknown, call?: Call): Promise<Answer> =>
    this.call('POST', path, { body, ...call })
  readonly put = (path: string, body?: unknown, call?: Call): Promise<Answer> =>
    this.call('PUT', path, { body, ...call })
  readonly delete = (path: string, call?: Call): Promise<Answer> => this.call('DELETE', path, call)

  #tokenOf(caller: Caller): string | undefined {
    if (caller === 'nobody') return undefined
    return typeof caller === 'string' ? this.token(caller) : caller.token
  }

  /** A name that nothing else has, readable in a failure. */
  uniqueName(what: string): string {
    this.#names += 1
    return `${what} ${this.#names}`
  }

  async login(email: string, password: string): Promise<Pick<Account, 'id' | 'username' | 'token'>> {
    const answer = await this.post('/auth/login', { email, password }, { as: 'nobody' })
    if (answer.status !== 200) throw new Error(`login of ${email}: ${answer.status} ${answer.text}`)
    const { public_id, username, access_token } =
      answer.json<Record<'public_id' | 'username' | 'access_token', string>>()
    return { id: public_id, username, token: access_token }
  }

  async newUser(role: Role): Promise<Account> {
    const username = this.uniqueName(role)
    const email = `${username.replace(' ', '.')}@contract.example`
    const answer = await this.post('/users', { email, username, password: PASSWORD, role })
    if (answer.status !== 201) throw new Error(`new ${role}: ${answer.status} ${answer.text}`)
    return { email, password: PASSWORD, ...(await this.login(email, PASSWORD)) }
  }
}
