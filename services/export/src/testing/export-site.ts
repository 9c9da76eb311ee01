import { createTokenKey, signToken } from '@webmacs/auth'
import { newId, ROLES, type Role } from '@webmacs/contracts'
import type { Database } from '@webmacs/database'
import { createLogger } from '@webmacs/service-kit'
import { createTestBus, createTestDatabase } from '@webmacs/testing'
import { startExport } from '../app.ts'
import { loadExportConfig } from '../config.ts'

const SECRET = 'k9dj2h5s8a1l4q7w0e3r6t9z2u5i8o1p'

export interface ExportSite extends AsyncDisposable {
  readonly db: Database
  readonly url: string
  readonly opsUrl: string
  /** Session of a user of each role. */
  readonly tokens: Readonly<Record<Role, string>>
  /** Log lines written so far. */
  readonly logged: Record<string, unknown>[]
  /** @param path below `/api/v1` */
  get(path: string, options?: { readonly token?: string; readonly headers?: Record<string, string> }): Promise<Response>
  stop(): Promise<void>
}

/** The service on real servers, with one user of each role. */
export async function startExportSite(env: NodeJS.ProcessEnv = {}): Promise<ExportSite> {
  const stack = new AsyncDisposableStack()
  const database = stack.use(await createTestDatabase())
  const bus = stack.use(await createTestBus())
  const key = createTokenKey(SECRET)
  const tokens = Object.fromEntries(
    await Promise.all(ROLES.map(async (role) => [role, await aSession(database.db, role)] as const)),
  ) as Record<Role, string> // one for each role
  const logged: Record<string, unknown>[] = []
  const write = (line: string): void => {
    const entry = JSON.parse(line)
    logged.push(entry)
    if (entry.level >= 50) console.error(line)
  }
  const config = loadExportConfig({
    DATABASE_URL: database.url,
    NATS_URL: bus.url,
    WEBMACS_BUS_PREFIX: bus.prefix,
    SECRET_KEY: SECRET,
    PORT: '0',
    OPS_PORT: '0',
    ...env,
  })
  const service = await startExport(config, {
    log: createLogger({ service: 'export', level: 'debug' }, { write }),
    signal: new AbortController().signal,
  })
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopped ??= service.stop()
    return stopped
  }
  stack.defer(stop)
  const url = `http://127.0.0.1:${service.ports.http}`
  return {
    db: database.db,
    url,
    opsUrl: `http://127.0.0.1:${service.ports.ops}`,
    tokens,
    logged,
    get: (path, { token = tokens.viewer, headers = {} } = {}) =>
      fetch(`${url}/api/v1${path}`, { headers: { authorization: `Bearer ${token}`, ...headers } }),
    stop,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }

  async function aSession({ db }: Database, role: Role): Promise<string> {
    const user = newId('usr')
    await db
      .insertInto('users')
      .values({ public_id: user, email: `${role}@example.com`, username: role, password_hash: null, role })
      .execute()
    return (await signToken(key, { user, role, version: 1, lifetimeMinutes: 60 })).token
  }
}
