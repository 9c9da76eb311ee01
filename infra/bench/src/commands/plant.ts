import { randomBytes } from 'node:crypto'
import { createTokenKey, signToken } from '@webmacs/auth'
import { API_BASE, newId, type PluginInstance } from '@webmacs/contracts'
import { until } from '@webmacs/testing'
import { type BenchDatabase, type BenchSite, startProcess } from '../site.ts'

export const OUTPUTS = 4
const PATIENCE_MS = 60_000

/** An api and a controller with one Modbus device. */
export interface CommandPlant extends AsyncDisposable {
  /** Events of its outputs. */
  readonly events: readonly string[]
  post(path: string, body: object): Promise<Answer>
}

export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: as the route's schema says
  readonly body: any
}

/** Starts both as processes, and makes an instance by the API, as people do. */
export async function startCommandPlant(
  site: BenchSite,
  { url: databaseUrl, database }: BenchDatabase,
  { dataDir, devicePort }: { dataDir: string; devicePort: number | undefined },
): Promise<CommandPlant> {
  await using starting = new AsyncDisposableStack()
  const secret = randomBytes(32).toString('hex')
  const user = await database.db
    .insertInto('users')
    .values({ public_id: newId('usr'), email: 'bench@example.com', username: 'bench', role: 'admin' })
    .returning('public_id')
    .executeTakeFirstOrThrow()
  const session = { user: user.public_id, role: 'admin', version: 1, lifetimeMinutes: 60 } as const
  const { token } = await signToken(createTokenKey(secret), session)
  const shared = { NATS_URL: site.natsUrl, DATABASE_URL: databaseUrl, SECRET_KEY: secret, PORT: '0' }
  const api = starting.use(await startProcess('api', { ...shared, WEBMACS_AUTO_SEED: 'false' }))
  starting.use(await startProcess('controller', { NATS_URL: site.natsUrl, WEBMACS_DATA_DIR: dataDir }))

  const base = `http://127.0.0.1:${api.ports.http}${API_BASE}`
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const call = async (method: string, path: string, body?: object): Promise<Answer> => {
    const response = await fetch(base + path, { method, headers, ...(body && { body: JSON.stringify(body) }) })
    return { status: response.status, body: await response.json() }
  }
  const registers = Array.from({ length: OUTPUTS }, (_, address) => ({
    id: `output_${address}`,
    address,
    writable: true,
  }))
  const config_json = JSON.stringify({ host: '127.0.0.1', port: devicePort, registers })
  const made = await call('POST', '/plugins', { plugin_id: 'modbus', instance_name: 'Device', config_json })
  if (made.status !== 201) throw new Error(`the instance was not made: ${JSON.stringify(made.body)}`)
  const events = await until(
    'the device is connected and its outputs have events',
    async () => {
      const { body } = await call('GET', `/plugins/${made.body.public_id}`)
      const { status, channel_mappings }: PluginInstance = body
      const linked = channel_mappings.flatMap(({ event_public_id }) => event_public_id ?? [])
      return status === 'connected' && linked.length === OUTPUTS ? linked : undefined
    },
    { timeoutMs: PATIENCE_MS },
  )
  const running = starting.move()
  return {
    events,
    post: (path, body) => call('POST', path, body),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
