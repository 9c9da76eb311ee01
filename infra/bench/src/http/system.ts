import { fileURLToPath } from 'node:url'
import { type BenchDatabase, type BenchSite, startProcess, startProgram } from '../site.ts'

/** Gateway, api and ingest, as clients meet them. */
export async function startSystem(
  site: BenchSite,
  { url: databaseUrl }: BenchDatabase,
  { secret }: { readonly secret: string },
) {
  const stack = new AsyncDisposableStack()
  const shared = { NATS_URL: site.natsUrl, DATABASE_URL: databaseUrl, SECRET_KEY: secret, PORT: '0' }
  stack.use(await startProcess('ingest', shared))
  const api = stack.use(await startProcess('api', { ...shared, WEBMACS_AUTO_SEED: 'false' }))
  const apiUrl = `http://127.0.0.1:${api.ports.http}`
  const gatewayMain = fileURLToPath(new URL('../../../gateway/src/main.ts', import.meta.url))
  const environment = { PORT: '0', HOST: '127.0.0.1', API_URL: apiUrl, FANOUT_URL: apiUrl, UI_URL: apiUrl }
  const gateway = stack.use(await startProgram(gatewayMain, [], environment))
  return { url: `http://127.0.0.1:${gateway.ports.http}`, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}
