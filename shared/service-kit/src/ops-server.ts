import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { HealthChecks } from './health.ts'
import type { Metrics } from './metrics.ts'

export interface OpsServerOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly metrics: Metrics
  readonly health: HealthChecks
}

export interface OpsServer {
  readonly port: number
  close(): Promise<void>
}

/**
 * `/metrics` for Prometheus, `/health` (200 as long as the process lives, with the state of each component) and `/ready`
 * (503 while a component is away) on a port of its own, apart from what users reach.
 */
export async function startOpsServer({ host, port, metrics, health }: OpsServerOptions): Promise<OpsServer> {
  const server = createServer((request, response) => {
    void handle(request, response, metrics, health)
  })
  server.listen(port, host)
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve)
    server.once('error', reject)
  })
  return {
    port: (server.address() as AddressInfo).port, // a TCP server that listens has such an address
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  metrics: Metrics,
  health: HealthChecks,
): Promise<void> {
  try {
    const path = request.url?.split('?')[0]
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return send(response, 405, 'text/plain', 'Method Not Allowed')
    if (path === '/metrics') return send(response, 200, metrics.registry.contentType, await metrics.registry.metrics())
    if (path === '/health') return send(response, 200, 'application/json', JSON.stringify(await health.run()))
    if (path !== '/ready') return send(response, 404, 'text/plain', 'Not Found')
    const report = await health.run()
    send(response, report.status === 'ok' ? 200 : 503, 'application/json', JSON.stringify(report))
  } catch (err) {
    send(response, 500, 'text/plain', err instanceof Error ? err.message : 'failed')
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body)
}
