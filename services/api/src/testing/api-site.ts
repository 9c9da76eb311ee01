import { createTokenKey, signToken, type TokenKey } from '@webmacs/auth'
import { hashPassword } from '@webmacs/auth/passwords'
import { newId, type Problem, type Role, type UserId } from '@webmacs/contracts'
import type { Database } from '@webmacs/database'
import { createLogger, type Logger, type RunningService } from '@webmacs/service-kit'
import { createTestBus, createTestDatabase, type TestBus } from '@webmacs/testing'
import { expect } from 'vitest'
import { startApi } from '../app.ts'
import { type Config, loadApiConfig } from '../config.ts'

const SECRET = 'k9dj2h5s8a1l4q7w0e3r6t9z2u5i8o1p'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every form
  readonly body: any
}

export interface Call {
  readonly as?: Role | 'nobody'
  readonly token?: string
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

/** One instance of the service on real servers, and what a test needs to talk to it. */
export interface TestApi extends AsyncDisposable {
  readonly url: string
  readonly opsUrl: string
  /** Log lines written so far. */
  readonly logged: Record<string, unknown>[]
  /** @param call `as` logs in as a user of that role: admin when left out */
  request(method: string, path: string, call?: Call): Promise<Answer>
  get(path: string, call?: Call): Promise<Answer>
}

export interface ApiSite extends AsyncDisposable {
  readonly db: Database
  readonly databaseUrl: string
  readonly bus: TestBus
  readonly key: TokenKey
  readonly users: Readonly<Record<Role, { readonly id: UserId; readonly email: string; readonly token: string }>>
  readonly api: TestApi
  /** Another instance beside the first. */
  startApi(env?: NodeJS.ProcessEnv): Promise<TestApi>
}

export const PASSWORD = 'correct horse battery'

/** A database with one user of each role, a bus and one instance of the service. */
export async function startApiSite(env: NodeJS.ProcessEnv = {}): Promise<ApiSite> {
  const stack = new AsyncDisposableStack()
  const database = stack.use(await createTestDatabase())
  const bus = stack.use(await createTestBus())
  const key = createTokenKey(SECRET)
  const users = {
    viewer: await aUser(database.db, key, 'viewer'),
    operator: await aUser(database.db, key, 'operator'),
    admin: await aUser(database.db, key, 'admin'),
  }
  const start = async (more: NodeJS.ProcessEnv = {}): Promise<TestApi> => {
    const config = loadApiConfig({
      DATABASE_URL: database.url,
      NATS_URL: bus.url,
      WEBMACS_BUS_PREFIX: bus.prefix,
      SECRET_KEY: SECRET,
      PORT: '0',
      OPS_PORT: '0',
      WEBMACS_AUTO_SEED: 'false',
      ...env,
      ...more,
    })
    const tokens = { viewer: users.viewer.token, operator: users.operator.token, admin: users.admin.token }
    return stack.use(await startTestApi(config, tokens))
  }
  const api = await start()
  return {
    db: database.db,
    databaseUrl: database.url,
    bus,
    key,
    users,
    api,
    startApi: start,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

export async function aUser(
  { db }: Database,
  key: TokenKey,
  role: Role,
): Promise<{ id: UserId; email: string; token: string }> {
  const id = newId('usr')
  const email = `${role}.${id}@example.com`
  const password_hash = await hashPassword(PASSWORD)
  await db
    .insertInto('users')
    .values({ public_id: id, email, username: `${role} ${id}`, password_hash, role })
    .execute()
  const { token } = await signToken(key, { user: id, role, version: 1, lifetimeMinutes: 60 })
  return { id, email, token }
}

async function startTestApi(config: Config, tokens: Record<Role, string>): Promise<TestApi> {
  const logged: Record<string, unknown>[] = []
  const aborter = new AbortController()
  const service = await startApi(config, { log: capturingLog(logged), signal: aborter.signal })
  const url = `http://127.0.0.1:${service.ports.http}`
  const request = (method: string, path: string, call: Call = {}): Promise<Answer> =>
    send(url + path, method, call, tokens)
  return {
    url,
    opsUrl: `http://127.0.0.1:${service.ports.ops}`,
    logged,
    request,
    get: (path, call) => request('GET', path, call),
    [Symbol.asyncDispose]: () => stopOnce(service),
  }
}

async function stopOnce(service: RunningService): Promise<void> {
  await service.stop()
}

async function send(url: string, method: string, call: Call, tokens: Record<Role, string>): Promise<Answer> {
  const { as = 'admin', body } = call
  const token = call.token ?? (as === 'nobody' ? undefined : tokens[as])
  const response = await fetch(url, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...call.headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  const isJson = /json/.test(response.headers.get('content-type') ?? '')
  return { status: response.status, headers: response.headers, body: isJson && text !== '' ? JSON.parse(text) : text }
}

/** Keeps the lines, and shows those that say the program is wrong. */
function capturingLog(lines: Record<string, unknown>[]): Logger {
  const write = (line: string): void => {
    const entry = JSON.parse(line)
    lines.push(entry)
    if (entry.level >= 50) console.error(line)
  }
  return createLogger({ service: 'api', level: 'debug' }, { write })
}

/** What every error looks like, so that a test says only what is special about its own. */
export const aProblem = (code: Problem['code'], more: Partial<Problem> = {}) => ({
  type: 'about:blank',
  title: expect.any(String),
  status: expect.any(Number),
  detail: expect.any(String),
  instance: expect.stringMatching(/^\//),
  code,
  traceId: expect.any(String),
  ...more,
})
