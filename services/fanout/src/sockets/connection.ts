import type { Socket } from 'node:net'
import { CLOSE } from '@webmacs/contracts'
import type { Logger } from '@webmacs/service-kit'
import type { WebSocket } from 'ws'
import type { AccessWatch } from '../auth/access-watch.ts'
import type { Admission, Verdict } from '../auth/admission.ts'
import type { Gate } from '../auth/gate.ts'
import type { Presented } from '../auth/presented.ts'
import { AUTH_AWAY, REASON } from '../auth/reasons.ts'
import type { Endpoint, Session } from './endpoint.ts'
import { atExpiry } from './expiry.ts'
import { firstMessage } from './first-message.ts'
import { HeldMessages } from './held-messages.ts'

export interface Arrival {
  readonly socket: WebSocket
  /** The TCP connection below the socket. */
  readonly wire: Socket
  readonly presented: Presented
  readonly endpoint: Endpoint
}

export interface Surroundings {
  readonly gate: Gate
  readonly watch: AccessWatch
  readonly log: Logger
  /** Whether one more may come in. */
  readonly hasRoom: () => boolean
  readonly onAdmitted: (connection: Connection) => void
}

/** A client that was let in. */
export interface Connection {
  readonly endpoint: Endpoint
  readonly session: Session
  readonly socket: WebSocket
}

/** Finds out who has come, and opens its conversation. Who is not let in is told why by the close. */
export async function admit(arrival: Arrival, around: Surroundings): Promise<void> {
  const { socket, wire, presented, endpoint } = arrival
  const { gate, watch, log, hasRoom, onAdmitted } = around
  const messages = new HeldMessages(socket)
  const refuse = (code: number, reason: string): void => {
    log.info({ event: 'socket.refused', socket: endpoint.name, reason }, 'client refused')
    messages.drop()
    socket.resume() // its answer to the close has to be read
    socket.close(code, reason)
  }
  if (presented.kind === 'nothing') return refuse(CLOSE.policy, REASON.required)
  // What a client says before it is let in is answered after: its greeting comes first.
  if (presented.kind === 'token') socket.pause()
  const first = presented.kind === 'token' ? presented : await firstMessage(socket, wire, messages)
  if (first.kind === 'refused') return refuse(first.code, first.reason)
  const changes = watch.changes
  const verdict: Verdict = await gate.admit(first.token, endpoint.needs)
  if (socket.readyState !== socket.OPEN) return
  if (verdict.kind === 'refused') return refuse(CLOSE.policy, verdict.reason)
  if (verdict.kind === 'unavailable') return refuse(CLOSE.tryLater, AUTH_AWAY)
  if (!hasRoom()) return refuse(CLOSE.tryLater, 'Too many clients')
  const session = endpoint.open(socket, verdict.admission)
  onAdmitted({ endpoint, session, socket })
  endWithCredential(arrival, session, verdict.admission, { watch, changes })
  messages.listen(({ data, isBinary }) => {
    if (socket.readyState !== socket.OPEN) return // closed by us: what still comes is not meant for anybody
    if (isBinary) socket.close(CLOSE.unsupported, 'Binary messages are not supported')
    else session.receive(String(data))
  })
  socket.resume()
}

/** Sees to it that the connection ends with its credential, and that nothing is left of it then. */
function endWithCredential(
  { socket }: Arrival,
  session: Session,
  admission: Admission,
  { watch, changes }: { readonly watch: AccessWatch; readonly changes: number },
): void {
  const forbid = (reason: string): void => {
    session.forbid()
    socket.resume() // its answer to the close has to be read
    socket.close(CLOSE.policy, reason)
  }
  const expired = admission.credential.kind === 'session' ? REASON.invalidToken : REASON.expiredApiToken
  const stopExpiry = atExpiry(admission.expiresAtMs, () => forbid(expired))
  const forget = watch.add({ admission, end: forbid }, changes)
  socket.on('close', () => {
    stopExpiry()
    forget()
  })
}
