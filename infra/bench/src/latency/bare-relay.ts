import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect } from '@nats-io/transport-node'
import { busNames } from '@webmacs/contracts'
import { WebSocketServer } from 'ws'

/** The limit, as a process of its own: a NATS subscription whose messages go unread to every WebSocket. */
const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
await once(server, 'listening')
const nats = await connect({ servers: process.argv[2] ?? '' })
nats.subscribe(busNames().subjects.allReadings, {
  callback: (_err, message) => {
    for (const client of server.clients) client.send(message.data, { binary: false })
  },
})
await nats.flush()
process.send?.({ type: 'ready', ports: { http: (server.address() as AddressInfo).port } }) // listening on TCP
process.once('SIGTERM', () => process.exit(0))
