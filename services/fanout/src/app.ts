import type { AddressInfo } from 'node:net'
import { connectBus, registerService } from '@webmacs/bus'
import { CLOSE } from '@webmacs/contracts'
import {
  createMetrics,
  HealthChecks,
  type RunningService,
  SERVICE_VERSION,
  type ServiceContext,
  startOpsServer,
} from '@webmacs/service-kit'
import Fastify from 'fastify'
import type { FanoutConfig } from './config.ts'
import { Hub } from './delivery/hub.ts'
import { followLiveReadings } from './feed/live-feed.ts'
import { NewestReadings } from './feed/newest-readings.ts'
import { jwtGate } from './stream/jwt-gate.ts'
import { registerStream } from './stream/routes.ts'

/** Live stream: readings from the bus to WebSocket clients. */
export async function startFanout(config: FanoutConfig, { log, signal }: ServiceContext): Promise<RunningService> {
  const bus = await connectBus({
    url: config.NATS_URL,
    prefix: config.WEBMACS_BUS_PREFIX,
    name: 'fanout',
    log,
    signal,
  })
  const metrics = createMetrics('fanout')
  const health = new HealthChecks()
  health.add('broker', () => {
    if (bus.status() !== 'connected') throw new Error('broker cannot be reached')
  })
  const newest = new NewestReadings()
  const hub = new Hub(newest)
  const gate = await jwtGate({ bus, secret: config.SECRET_KEY })
  const app = Fastify({ logger: false, forceCloseConnections: true }) // request lines would show the token in the URL
  const sessions = await registerStream(app, {
    hub,
    newest,
    gate,
    metrics,
    log,
    maxClients: config.STREAM_MAX_CLIENTS,
    maxBufferedBytes: config.STREAM_CLIENT_BUFFER_KB * 1024,
    slowClientMs: config.STREAM_SLOW_CLIENT_SECONDS * 1000,
    isBrokerAway: () => bus.status() !== 'connected',
  })
  const feed = followLiveReadings({ bus, newest, metrics, log, onReadings: (readings) => hub.publish(readings) })
  bus.onStatus(() => sessions.announce())
  await app.listen({ host: config.HOST, port: config.PORT })
  const ops = await startOpsServer({ host: config.OPS_HOST, port: config.OPS_PORT, metrics, health })
  await registerService(bus, { name: 'fanout', version: SERVICE_VERSION, description: 'Live stream to browsers' })
  return {
    ports: { http: (app.server.address() as AddressInfo).port, ops: ops.port }, // listening on TCP
    stop: async () => {
      sessions.closeAll(CLOSE.goingAway, 'Server is going away')
      if (bus.status() === 'connected') await feed.stop()
      await app.close()
      hub.stop()
      await gate.stop()
      await ops.close()
      await bus.close()
    },
  }
}
