import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startNats, startPostgres } from '@webmacs/embedded'

export interface TestServers {
  readonly databaseUrl: string
  readonly natsUrl: string
  stop(): Promise<void>
}

type Stop = () => Promise<unknown>

/** Where a container engine listens on this platform, unless DOCKER_HOST names another place. */
const ENGINE_SOCKET = process.platform === 'win32' ? '//./pipe/docker_engine' : '/var/run/docker.sock'
const ENGINE_DEADLINE_MS = 500

/** Real servers for tests: `DATABASE_URL` and `NATS_URL` where set, containers where an engine answers, else embedded ones in a temporary folder. */
export async function startTestServers(env: NodeJS.ProcessEnv = process.env): Promise<TestServers> {
  const stops: Stop[] = []
  const given = { databaseUrl: env.DATABASE_URL, natsUrl: env.NATS_URL }
  const useContainers =
    (given.databaseUrl === undefined || given.natsUrl === undefined) && (await hasContainerEngine(env))
  const folder = await mkdtemp(join(tmpdir(), 'webmacs-test-'))
  await chmod(folder, 0o711) // as root, PostgreSQL runs as another user who has to get in
  const database = async (): Promise<string> =>
    given.databaseUrl ?? (useContainers ? await containerPostgres(stops) : await embeddedPostgres(folder, stops))
  const nats = async (): Promise<string> =>
    given.natsUrl ?? (useContainers ? await containerNats(stops) : await embeddedNats(folder, stops))
  const [databaseUrl, natsUrl] = await Promise.all([database(), nats()])
  return {
    databaseUrl,
    natsUrl,
    stop: async () => {
      await Promise.all(stops.map((stop) => stop()))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function embeddedPostgres(folder: string, stops: Stop[]): Promise<string> {
  const postgres = await startPostgres({
    dataDir: join(folder, 'postgres'),
    password: 'test',
    // Tests survive no power loss: what the disk takes for durability is time.
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' },
  })
  stops.push(() => postgres.stop())
  return postgres.url
}

async function embeddedNats(folder: string, stops: Stop[]): Promise<string> {
  const nats = await startNats({ dataDir: join(folder, 'nats'), cacheDir: join(tmpdir(), 'webmacs-nats-server') })
  stops.push(() => nats.stop())
  return nats.url
}

async function containerPostgres(stops: Stop[]): Promise<string> {
  const { GenericContainer, Wait } = await import('testcontainers')
  const container = await new GenericContainer('postgres:18-alpine')
    .withEnvironment({ POSTGRES_PASSWORD: 'test' })
    .withCommand(['postgres', '-c', 'fsync=off', '-c', 'max_connections=200'])
    .withExposedPorts(5432)
    .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2))
    .start()
  stops.push(() => container.stop())
  return `postgresql://postgres:test@${container.getHost()}:${container.getMappedPort(5432)}/postgres`
}

async function containerNats(stops: Stop[]): Promise<string> {
  const { GenericContainer, Wait } = await import('testcontainers')
  const container = await new GenericContainer('nats:2.10-alpine')
    .withCommand(['-js'])
    .withExposedPorts(4222)
    .withWaitStrategy(Wait.forLogMessage(/Server is ready/))
    .start()
  stops.push(() => container.stop())
  return `nats://${container.getHost()}:${container.getMappedPort(4222)}`
}

/** Whether something accepts connections where the engine should be; a client program alone is no engine. */
async function hasContainerEngine(env: NodeJS.ProcessEnv): Promise<boolean> {
  const host = env.DOCKER_HOST === undefined ? undefined : new URL(env.DOCKER_HOST)
  const target =
    host?.protocol === 'tcp:'
      ? { host: host.hostname, port: Number(host.port || 2375) }
      : { path: host?.pathname ?? ENGINE_SOCKET }
  return new Promise((resolve) => {
    const socket = createConnection(target)
    const answer = (found: boolean): void => {
      socket.destroy()
      resolve(found)
    }
    socket.setTimeout(ENGINE_DEADLINE_MS, () => answer(false))
    socket.once('connect', () => answer(true))
    socket.once('error', () => answer(false))
  })
}
