import { createTokenKey, RevocationList } from '@webmacs/auth'
import { connectBus, registerService } from '@webmacs/bus'
import {
  createMetrics,
  HealthChecks,
  type RunningService,
  SERVICE_VERSION,
  type ServiceContext,
  startOpsServer,
} from '@webmacs/service-kit'
import { AccessWatch } from './auth/access-watch.ts'
import { Gate } from './auth/gate.ts'
import type { FanoutConfig } from './config.ts'
import { Hub } from './delivery/hub.ts'
import { followLiveReadings } from './feed/live-feed.ts'
import { NewestReadings } from './feed/newest-readings.ts'
import { RunningExperimentFollower } from './feed/running-experiment.ts'
import { SocketServer } from './sockets/socket-server.ts'
import { streamEndpoint } from './stream/endpoint.ts'
import { telemetryEndpoint } from './telemetry/endpoint.ts'

/** The WebSockets: readings from the bus to browsers, and controllers' readings to api. */
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
  const experiments = new RunningExperimentFollower(bus)
  experiments.start()
  const newest = new NewestReadings((time) => experiments.at(time))
  const hub = new Hub(newest)
  const revoked = new RevocationList({ bus })
  await revoked.start()
  const watch = new AccessWatch({ bus, revoked })
  watch.start()
  const stream = streamEndpoint({
    hub,
    newest,
    metrics,
    maxBufferedBytes: config.STREAM_CLIENT_BUFFER_KB * 1024,
    slowClientMs: config.STREAM_SLOW_CLIENT_SECONDS * 1000,
    isBrokerAway: () => bus.status() !== 'connected',
  })
  const sockets = new SocketServer({
    endpoints: [stream, telemetryEndpoint({ bus, metrics, log, holdMs: config.TELEMETRY_HOLD_SECONDS * 1000 })],
    gate: new Gate({ bus, key: createTokenKey(config.SECRET_KEY), revoked }),
    watch,
    log,
    metrics,
    maxClients: config.STREAM_MAX_CLIENTS,
    pingIntervalMs: config.WS_HEARTBEAT_INTERVAL * 1000,
  })
  const feed = followLiveReadings({ bus, newest, metrics, log, onReadings: (readings) => hub.publish(readings) })
  bus.onStatus(() => stream.announce())
  const port = await sockets.listen(config.HOST, config.PORT)
  const ops = await startOpsServer({ host: config.OPS_HOST, port: config.OPS_PORT, metrics, health })
  await registerService(bus, {
    name: 'fanout',
    version: SERVICE_VERSION,
    description: 'WebSockets: live stream, telemetry',
  })
  return {
    ports: { http: port, ops: ops.port },
    stop: async () => {
      await sockets.close()
      watch.stop()
      if (bus.status() === 'connected') await feed.stop()
      hub.stop()
      await experiments.stop()
      await revoked.stop()
      await ops.close()
      await bus.close()
    },
  }
}
