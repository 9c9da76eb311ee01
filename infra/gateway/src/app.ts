import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import {
  AddressList,
  createMetrics,
  HealthChecks,
  type RunningService,
  type ServiceContext,
  startOpsServer,
} from '@webmacs/service-kit'
import { createProxyServer } from 'http-proxy-3'
import type { GatewayConfig } from './config.ts'
import { type RequestHandler, serveDashboard } from './dashboard-files.ts'
import { setForwardedHeaders } from './forwarded.ts'
import { answerUnavailable, refuseUpgrade } from './unavailable.ts'
import { type Upstream, upstreamOf } from './upstreams.ts'

/** Time for answers under way when the gateway stops, milliseconds. */
const DRAIN_MS = 2000
/** Time for a client to go after its service went, milliseconds. */
const LEAVE_MS = 5000

/** The one public port: the dashboard, the REST API and the WebSockets behind one address. */
export async function startGateway(config: GatewayConfig, { log }: ServiceContext): Promise<RunningService> {
  const metrics = createMetrics('gateway')
  const requests = metrics.counter('gateway_requests_total', 'Requests and upgrades by who answers', ['upstream'])
  const failures = metrics.counter('gateway_upstream_failures_total', 'Requests whose service was away', ['upstream'])
  const targets: Record<Upstream, string> = {
    api: config.API_URL,
    fanout: config.FANOUT_URL,
    export: config.EXPORT_URL,
    ui: config.UI_URL,
  }
  const trusted = new AddressList(config.TRUSTED_PROXIES)
  const agent = new Agent({ keepAlive: true, timeout: 60_000 })
  const proxy = createProxyServer({ agent, xfwd: false, changeOrigin: false })
  const sockets = new Set<Socket>()
  // Besides telling the callbacks below, the proxy throws what nobody listens for, and ends the process with it.
  proxy.on('error', (err) =>
    log.debug({ event: 'gateway.connection-lost', reason: err.message }, 'proxied connection lost'),
  )

  // Piping ends an answer only where the service did: a client must see that one broke off, not wait for the rest.
  proxy.on('proxyRes', (proxied, _request, response) => {
    proxied.once('close', () => {
      if (!proxied.complete) response.destroy()
    })
  })
  proxy.on('proxyReqWs', (proxied, _request, socket) => {
    proxied.once('upgrade', (_response, upstream: Socket) => upstream.once('close', () => takeLeave(socket)))
  })

  const fail = (upstream: Upstream, err: Error): void => {
    failures.inc({ upstream })
    log.warn({ event: 'gateway.upstream-failed', upstream, reason: err.message }, 'service behind the gateway is away')
  }
  const forward = (request: IncomingMessage, response: ServerResponse, upstream: Upstream): void => {
    setForwardedHeaders(request, trusted)
    proxy.web(request, response, { target: targets[upstream] }, (err: Error) => {
      fail(upstream, err)
      answerUnavailable(request, response)
    })
  }
  const dashboard: RequestHandler =
    config.UI_URL === '' ? serveDashboard(config.UI_DIR) : (request, response) => forward(request, response, 'ui')

  const server = createServer((request, response) => {
    const upstream = upstreamOf(request.url ?? '/')
    requests.inc({ upstream })
    if (upstream === 'ui') dashboard(request, response)
    else forward(request, response, upstream)
  })
  server.on('upgrade', (request, socket: Socket, head) => {
    const upstream = upstreamOf(request.url ?? '/')
    requests.inc({ upstream })
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    if (targets[upstream] === '') {
      refuseUpgrade(request, socket, 404)
      return
    }
    setForwardedHeaders(request, trusted)
    proxy.ws(request, socket, head, { target: targets[upstream] }, (err: Error) => {
      fail(upstream, err)
      refuseUpgrade(request, socket, 503)
    })
  })

  server.listen(config.PORT, config.HOST)
  await once(server, 'listening')
  const ops = await startOpsServer({
    host: config.OPS_HOST,
    port: config.OPS_PORT,
    metrics,
    health: new HealthChecks(),
  })
  return {
    ports: { http: (server.address() as AddressInfo).port, ops: ops.port }, // listening on TCP
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      const drained = setTimeout(() => server.closeAllConnections(), DRAIN_MS)
      server.closeIdleConnections()
      await closed
      clearTimeout(drained)
      agent.destroy()
      await ops.close()
    },
  }
}

/**
 * Ends the connection of a client whose service has gone. What it still sends is read and thrown away, for a client in the middle of a large
 * message sees neither the close nor its code before that message is out.
 */
function takeLeave(socket: Socket): void {
  socket.end()
  socket.resume()
  const deadline = setTimeout(() => socket.destroy(), LEAVE_MS)
  socket.once('close', () => clearTimeout(deadline))
}
