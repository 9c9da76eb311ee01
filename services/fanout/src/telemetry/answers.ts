import { CLOSE, type TelemetryAnswer } from '@webmacs/contracts'

/** Older controllers never read: this much may wait for them, and a client that asks for answers has to read them. */
const MAX_UNREAD_BYTES = 256 * 1024

/** The few members of a WebSocket that answering needs. */
export interface Outlet {
  readonly readyState: number
  readonly OPEN: number
  readonly bufferedAmount: number
  send(data: string): void
  close(code: number, reason: string): void
  terminate(): void
}

/** What is said to a controller. An answer that was asked for is never left out: its client reads, or it is closed. */
export class Answers {
  readonly #socket: Outlet

  constructor(socket: Outlet) {
    this.#socket = socket
  }

  say(answer: TelemetryAnswer): void {
    const socket = this.#socket
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount <= MAX_UNREAD_BYTES) {
      socket.send(JSON.stringify(answer))
      return
    }
    if (!('id' in answer)) return
    socket.close(CLOSE.tooSlow, 'Client reads too slowly')
    socket.terminate() // its buffer is full: a close frame would wait behind it for ever
  }
}
