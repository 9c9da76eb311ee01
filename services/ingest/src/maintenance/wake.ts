import { setTimeout as delay } from 'node:timers/promises'

/** A pause that a call ends. A call that comes while nobody pauses ends the next one at once. */
export class Wake {
  #isCalled = false
  #ring = new AbortController()

  call(): void {
    this.#isCalled = true
    this.#ring.abort()
  }

  /** Returns when the time is over, somebody called, or the signal fired. */
  async pause(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#isCalled && !signal.aborted) {
      const ended = AbortSignal.any([signal, this.#ring.signal])
      await delay(ms, undefined, { signal: ended }).catch((err: unknown) => {
        if (!ended.aborted) throw err
      })
    }
    this.#isCalled = false
    this.#ring = new AbortController()
  }
}
