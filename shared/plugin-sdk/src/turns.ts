interface Waiting {
  readonly start: () => void
}

/**
 * Lets one thing happen at a time on a line that several ask for: a bus, a serial port. Writes go before reads that wait, since an output must
 * not wait for a long poll.
 */
export class Turns {
  readonly #waiting: { readonly write: Waiting[]; readonly read: Waiting[] } = { write: [], read: [] }
  #busy = false

  /**
   * Does the work when it is its turn. A turn that is given up by its signal before it came does nothing.
   * @throws what the work throws, or the signal's reason
   */
  async take<T>(kind: 'read' | 'write', signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#turn(kind, signal)
    try {
      signal.throwIfAborted()
      return await work()
    } finally {
      this.#next()
    }
  }

  #turn(kind: 'read' | 'write', signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (!this.#busy) {
      this.#busy = true
      return Promise.resolve()
    }
    // Not Promise.withResolvers: people write drivers with Node.js 20, too.
    return new Promise((resolve, reject) => {
      const queue = this.#waiting[kind]
      const entry: Waiting = {
        start: () => {
          signal.removeEventListener('abort', giveUp)
          resolve()
        },
      }
      const giveUp = (): void => {
        queue.splice(queue.indexOf(entry), 1)
        reject(signal.reason)
      }
      queue.push(entry)
      signal.addEventListener('abort', giveUp, { once: true })
    })
  }

  #next(): void {
    const entry = this.#waiting.write.shift() ?? this.#waiting.read.shift()
    if (entry === undefined) this.#busy = false
    else entry.start()
  }
}
