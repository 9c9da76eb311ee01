import { connect } from '@nats-io/transport-node'
import { startModbusTestServer } from '@webmacs/plugin-modbus/testing'

/** What is at the other end, as a process of its own: a Modbus device, and somebody who answers requests at once. */
const device = await startModbusTestServer()
const nats = await connect({ servers: process.argv[2] ?? '' })
nats.subscribe('bench.echo', { callback: (_err, message) => void message.respond(message.data) })
await nats.flush()
process.send?.({ type: 'ready', ports: { http: device.port } })
process.once('SIGTERM', () => process.exit(0))
