import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'

/** A TCP proxy between a client and a real server, to make the network fail as networks do. */
export interface TcpProxy extends AsyncDisposable {
  /** The target's URL with the proxy's host and port. */
  readonly url: string
  /** Breaks every connection that is open; new ones are let through. */
  cut(): void
  /** Breaks every connection and refuses new ones until `resume`. */
  refuse(): void
  /** Keeps connections open and lets nothing through, in either direction, until `resume`. */
  hold(): void
  resume(): void
  /** Breaks the connection, once, when the client next sends these bytes; they do not reach the server. */
  cutWhenClientSends(bytes: string): void
  readonly connections: number
}

type Mode = 'open' | 'refusing' | 'holding'

interface Link {
  readonly client: Socket
  readonly server: Socket
}

/** Starts a proxy on a free loopback port. */
export async function startTcpProxy(targetUrl: string): Promise<TcpProxy> {
  const target = new URL(targetUrl)
  const links = new Set<Link>()
  let mode: Mode = 'open'
  let cutAt: Buffer | undefined

  const listener = createServer((client) => {
    if (mode === 'refusing') {
      client.destroy()
      return
    }
    const link = { client, server: createConnection({ host: target.hostname, port: Number(target.port) }) }
    links.add(link)
    const end = (): void => {
      breakLink(link)
      links.delete(link)
    }
    for (const socket of [link.client, link.server]) {
      socket.setNoDelay(true)
      socket.on('error', end)
      socket.on('close', end)
    }
    link.client.on('data', (chunk) => {
      if (cutAt !== undefined && chunk.includes(cutAt)) {
        cutAt = undefined
        end()
      } else link.server.write(chunk)
    })
    link.server.on('data', (chunk) => link.client.write(chunk))
    if (mode === 'holding') pauseLink(link)
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')

  const cut = (): void => {
    for (const link of links) breakLink(link)
    links.clear()
  }
  const url = new URL(targetUrl)
  url.hostname = '127.0.0.1'
  url.port = String((listener.address() as AddressInfo).port) // listening on TCP
  return {
    url: url.href,
    cut,
    refuse: () => {
      mode = 'refusing'
      cut()
    },
    hold: () => {
      mode = 'holding'
      for (const link of links) pauseLink(link)
    },
    resume: () => {
      mode = 'open'
      for (const { client, server } of links) {
        client.resume()
        server.resume()
      }
    },
    cutWhenClientSends: (bytes) => {
      cutAt = Buffer.from(bytes)
    },
    get connections() {
      return links.size
    },
    [Symbol.asyncDispose]: async () => {
      cut()
      const closed = once(listener, 'close')
      listener.close()
      await closed
    },
  }
}

function breakLink({ client, server }: Link): void {
  client.destroy()
  server.destroy()
}

function pauseLink({ client, server }: Link): void {
  client.pause()
  server.pause()
}
