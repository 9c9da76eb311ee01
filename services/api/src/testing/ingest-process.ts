import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ApiSite } from './api-site.ts'

const MAIN = fileURLToPath(new URL('../../../ingest/src/main.ts', import.meta.url))

/** The real ingest beside the api, as a process: services share a broker and a database, never code. */
export async function startIngestProcess(site: Pick<ApiSite, 'bus' | 'databaseUrl'>): Promise<AsyncDisposable> {
  const env = {
    ...process.env,
    ...{ NATS_URL: site.bus.url, WEBMACS_BUS_PREFIX: site.bus.prefix, DATABASE_URL: site.databaseUrl },
    ...{ OPS_PORT: '0', LOG_LEVEL: 'error' },
  }
  const child = fork(MAIN, { env, stdio: 'inherit' })
  await once(child, 'message') // ready
  return {
    [Symbol.asyncDispose]: async () => {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    },
  }
}
