import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** An object is answered as JSON; a function answers itself, or not at all. */
export type Page = object | ((response: ServerResponse) => void)

/** A small web server that answers each path as a test says, and remembers what it was asked. */
export interface TestSite extends AsyncDisposable {
  readonly url: string
  readonly requests: SeenRequest[]
  /** Path with query → what to answer. Other paths answer 404. */
  readonly pages: Map<string, Page>
}

/** @param tls key and certificate, to speak HTTPS */
export async function startTestSite(tls?: ServerOptions): Promise<TestSite> {
  const pages: TestSite['pages'] = new Map()
  const requests: SeenRequest[] = []
  const answer: RequestListener = async (request, response) => {
    const path = request.url ?? ''
    requests.push({ method: request.method ?? '', path, headers: request.headers, body: await text(request) })
    const page = pages.get(path)
    if (typeof page === 'function') page(response)
    else if (page === undefined) response.writeHead(404).end()
    else response.end(JSON.stringify(page))
  }
  const server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // listening on TCP
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    pages,
    requests,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
