import type { WebSocket } from 'ws'

export interface IncomingText {
  readonly data: Buffer
  readonly isBinary: boolean
}

/**
 * Keeps what a client says until somebody listens, so that nothing is lost between the messages of one packet. A paused socket brings no more
 * than what was read already, which bounds it.
 */
export class HeldMessages {
  readonly #held: IncomingText[] = []
  #listener: ((message: IncomingText) => void) | undefined

  constructor(socket: WebSocket) {
    // The default binary type gives a Buffer, also of a message in fragments.
    socket.on('message', (data: Buffer, isBinary) => this.#take({ data, isBinary }))
  }

  listen(listener: (message: IncomingText) => void): void {
    this.#listener = listener
    for (let next = this.#held.shift(); next !== undefined; next = this.#held.shift()) listener(next)
  }

  /** Gives the next message to one who wants no more than that. */
  once(listener: (message: IncomingText) => void): void {
    this.#listener = (message) => {
      this.#listener = undefined
      listener(message)
    }
  }

  /** From now on nobody listens, and nothing is kept. */
  drop(): void {
    this.#held.length = 0
    this.#listener = () => undefined
  }

  #take(message: IncomingText): void {
    if (this.#listener === undefined) this.#held.push(message)
    else this.#listener(message)
  }
}
