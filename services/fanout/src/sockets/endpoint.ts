import type { WebSocket } from 'ws'
import type { Admission, Needs } from '../auth/admission.ts'

/** One client's conversation, from its admission on. */
export interface Session {
  /** Takes a text message. */
  receive(text: string): void
  /** The credential is no good any more: nothing that waits may still be done in its name. */
  forbid(): void
  /**
   * Resolves when what the client said is dealt with; the server is going away. May be called again, also after `stop`.
   * @param deadline fires when there is no more time
   */
  finish(deadline: AbortSignal): Promise<void>
  /** The connection is gone. Resolves when what the client said before is dealt with. */
  stop(): Promise<void>
}

/** What is served at one path. */
export interface Endpoint {
  readonly name: string
  readonly path: string
  readonly needs: Needs
  /** A larger message closes the connection with 1009. */
  readonly maxMessageBytes: number
  open(socket: WebSocket, admission: Admission): Session
}
