import type { Socket } from 'node:net'
import { AUTH_DEADLINE_MS, CLOSE, SocketAuth } from '@webmacs/contracts'
import { createValidator } from '@webmacs/contracts/validation'
import type { WebSocket } from 'ws'
import { REASON } from '../auth/reasons.ts'
import type { HeldMessages } from './held-messages.ts'

export type FirstMessage =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'refused'; readonly code: number; readonly reason: string }

/** A stranger gets no buffer beyond this: the longest token and its wrapping fit. */
const MAX_BYTES = 16 * 1024

const validate = createValidator(SocketAuth, 'message')

/** Waits for the message that names the token, and pauses the socket behind it. A client that goes away or stays silent is refused. */
export function firstMessage(socket: WebSocket, wire: Socket, messages: HeldMessages): Promise<FirstMessage> {
  return new Promise((resolve) => {
    const decide = (result: FirstMessage): void => {
      clearTimeout(deadline)
      wire.off('data', countBytes)
      socket.off('close', leave)
      socket.pause()
      resolve(result)
    }
    const refused: FirstMessage = { kind: 'refused', code: CLOSE.policy, reason: REASON.required }
    const leave = (): void => decide(refused)
    const deadline = setTimeout(leave, AUTH_DEADLINE_MS)
    let bytes = 0
    const countBytes = (chunk: Buffer): void => {
      bytes += chunk.byteLength
      if (bytes > MAX_BYTES) decide({ kind: 'refused', code: CLOSE.tooLarge, reason: 'Message too large' })
    }
    wire.on('data', countBytes)
    socket.on('close', leave)
    messages.once(({ data, isBinary }) => {
      const token = isBinary ? undefined : tokenIn(String(data))
      decide(token === undefined ? refused : { kind: 'token', token })
    })
  })
}

function tokenIn(text: string): string | undefined {
  try {
    const message = validate(JSON.parse(text))
    return message.ok ? message.value.token : undefined
  } catch (err) {
    if (err instanceof SyntaxError) return undefined
    throw err
  }
}
