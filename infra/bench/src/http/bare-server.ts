import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { jetstream } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { busNames } from '@webmacs/contracts'

/**
 * The limit, as a process of its own: a POST is parsed and published to JetStream, a GET answered with so many entries (25) made beforehand; nobody is
 * asked who it is, nothing is looked up.
 */
const nats = await connect({ servers: process.argv[2] ?? '' })
const js = jetstream(nats)
const subject = busNames().subjects.readings('bare')
const entries = Number(process.argv[3] ?? 25)
const page = JSON.stringify({ page: 1, page_size: entries, total: 1000, data: Array.from({ length: entries }, entry) })

const server = createServer(async (request, response) => {
  const body = request.method === 'POST' ? await publish(request) : page
  response.writeHead(request.method === 'POST' ? 201 : 200, { 'content-type': 'application/json' }).end(body)
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
process.send?.({ type: 'ready', ports: { http: (server.address() as AddressInfo).port } }) // listening on TCP
process.once('SIGTERM', () => process.exit(0))

async function publish(request: IncomingMessage): Promise<string> {
  const { datapoints } = JSON.parse(await text(request))
  await js.publish(subject, JSON.stringify(datapoints))
  return '{"status":"success"}'
}

function entry(_: unknown, index: number): object {
  return { public_id: 'evt_000000000000', name: `Signal ${index}`, min_value: 0, max_value: 100, unit: '°C' }
}
