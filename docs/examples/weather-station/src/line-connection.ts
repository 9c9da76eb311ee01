import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { ConnectionError, Turns } from '@webmacs/plugin-sdk'

interface Awaited {
  readonly resolve: (answer: string) => void
  readonly reject: (err: Error) => void
}

/** Questions and answers of one line each, one at a time. */
export class LineConnection {
  readonly #socket: Socket
  readonly #turns = new Turns()
  #awaited: Awaited | undefined

  /** @throws ConnectionError */
  static async open(host: string, port: number, signal: AbortSignal): Promise<LineConnection> {
    const socket = connect({ host, port, signal })
    try {
      await once(socket, 'connect', { signal })
    } catch (err) {
      socket.destroy()
      throw new ConnectionError(`${host}:${port} cannot be reached`, { cause: err })
    }
    return new LineConnection(socket)
  }

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('error', (err) => this.#fail(err))
    socket.on('close', () => this.#fail(new Error('the other side closed the connection')))
    createInterface({ input: socket }).on('line', (line) => this.#awaited?.resolve(line))
  }

  /** @throws ConnectionError when the connection is lost, or when nobody waits for the answer any more: the next one could be taken for it */
  ask(question: string, signal: AbortSignal): Promise<string> {
    return this.#turns.take('read', signal, async () => {
      if (this.#socket.destroyed) throw new ConnectionError('the connection is closed')
      const giveUp = (): void => this.#fail(new Error('the answer did not come in time'))
      signal.addEventListener('abort', giveUp, { once: true })
      try {
        return await new Promise<string>((resolve, reject) => {
          this.#awaited = { resolve, reject }
          this.#socket.write(`${question}\n`)
        })
      } finally {
        this.#awaited = undefined
        signal.removeEventListener('abort', giveUp)
      }
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #fail(cause: Error): void {
    this.#awaited?.reject(new ConnectionError(cause.message, { cause }))
    this.#socket.destroy()
  }
}
