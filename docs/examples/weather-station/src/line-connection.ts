import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { ConnectionError, Turns } from '@webmacs/plugin-sdk'

/** Questions and answers of one line each, one at a time. */
export class LineConnection {
  readonly #socket: Socket
  readonly #turns = new Turns()
  #answer: PromiseWithResolvers<string> | undefined

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
    createInterface({ input: socket }).on('line', (line) => this.#answer?.resolve(line))
  }

  /** @throws ConnectionError when the connection is lost, or when nobody waits for the answer any more: the next one could be taken for it */
  ask(question: string, signal: AbortSignal): Promise<string> {
    return this.#turns.take('read', signal, async () => {
      if (this.#socket.destroyed) throw new ConnectionError('the connection is closed')
      const answer = Promise.withResolvers<string>()
      this.#answer = answer
      const giveUp = (): void => this.#fail(new Error('the answer did not come in time'))
      signal.addEventListener('abort', giveUp, { once: true })
      this.#socket.write(`${question}\n`)
      try {
        return await answer.promise
      } finally {
        this.#answer = undefined
        signal.removeEventListener('abort', giveUp)
      }
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #fail(cause: Error): void {
    this.#answer?.reject(new ConnectionError(cause.message, { cause }))
    this.#socket.destroy()
  }
}
