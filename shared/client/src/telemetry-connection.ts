import type { TelemetryMessage } from '@webmacs/contracts'
import { backoffMs } from './backoff.ts'
import { ClientError, errorCodeOf } from './client-error.ts'
import { isTokenShaped, openWebSocket, type SenderSocket, socketProtocols } from './socket.ts'
import type { TelemetrySenderOptions } from './telemetry.ts'
import { readTelemetryAnswer } from './telemetry-message.ts'
import type { BatchQueue, TelemetryBatch } from './telemetry-queue.ts'
import { systemTimers } from './timers.ts'
import {
  CLOSE_POLICY,
  CLOSE_TOO_LARGE,
  CLOSE_UNSUPPORTED,
  OPERATOR_ONLY,
  ROLE_CHANGED,
  TELEMETRY_PATH,
} from './wire.ts'

const RECONNECT = { firstMs: 500, maxMs: 30_000 }
/** However long a server asks for, it is asked again after this. */
const MAX_PAUSE_MS = 60_000

export interface TelemetryConnection {
  /** Sends what may be sent, and connects where that is needed first. */
  pump(): void
  close(): void
}

/** Empties the queue into a socket, and opens another one when it breaks. */
export function createTelemetryConnection(options: TelemetrySenderOptions, queue: BatchQueue): TelemetryConnection {
  const { timers = systemTimers, random = Math.random, openSocket = openWebSocket, answerTimeoutMs = 15_000 } = options
  let state: 'idle' | 'connecting' | 'waiting' | 'open' | 'paused' = 'idle'
  let socket: SenderSocket | undefined
  let failures = 0
  /** Another token was asked for, and nothing has been answered since. */
  let isRenewed = false
  let attempts = 0
  let cancelTimer: () => void = () => undefined

  const enter = (next: typeof state, timerMs?: number, onTimer?: () => void): void => {
    state = next
    cancelTimer()
    cancelTimer = timerMs === undefined || onTimer === undefined ? () => undefined : timers.after(timerMs, onTimer)
  }
  /** @param isAnswered the server has just given a sign of life; that there is more to send is none, and gives it no more time */
  const pump = (isAnswered = false): void => {
    if (state === 'idle' && queue.isWaiting()) void connect() // handles its own failures
    if (state !== 'open') return
    const isOwed = queue.isUnanswered()
    for (let batch = queue.next(); batch !== undefined; batch = queue.next()) transmit(batch)
    if (!queue.isUnanswered()) enter('open')
    else if (isAnswered || !isOwed) enter('open', answerTimeoutMs, lose)
  }
  const transmit = ({ id, datapoints }: TelemetryBatch): void => {
    const message: TelemetryMessage = { id, datapoints: [...datapoints] }
    socket?.send(JSON.stringify(message))
  }
  const drop = (): void => {
    enter('idle')
    const dropped = socket
    socket = undefined
    dropped?.close()
    queue.unsend()
  }
  const lose = (): void => {
    failures++
    comeBackIn(backoffMs(RECONNECT, failures, random()))
  }
  /** At once, but not again and again. */
  const comeBack = (): void => {
    failures++
    comeBackIn(failures === 1 ? 0 : backoffMs(RECONNECT, failures, random()))
  }
  const comeBackIn = (ms: number): void => {
    drop()
    enter('waiting', ms, () => {
      enter('idle')
      pump()
    })
  }

  async function connect(): Promise<void> {
    enter('connecting', answerTimeoutMs, lose)
    const attempt = ++attempts
    const isCurrent = (): boolean => state === 'connecting' && attempt === attempts
    try {
      const token = await options.getToken()
      if (!isCurrent()) return
      if (isTokenShaped(token)) open(token)
      else await refuse(token, 'The token has characters that no token has.')
    } catch (error) {
      if (isCurrent()) fail(error)
    }
  }
  function open(token: string | undefined): void {
    const opened = openSocket(`${options.url}${TELEMETRY_PATH}`, socketProtocols(token))
    socket = opened
    opened.onopen = () => {
      if (socket !== opened) return
      enter('open')
      pump()
    }
    opened.onmessage = ({ data }) => {
      if (socket === opened) onAnswer(data)
    }
    opened.onerror = () => undefined // a close event follows and says more
    opened.onclose = ({ code, reason }) => {
      if (socket === opened) onClose(token, code, reason)
    }
  }
  function onClose(token: string | undefined, code: number, reason: string): void {
    if (code === CLOSE_POLICY) {
      onRefused(token, reason)
      return
    }
    // Sent again, such a batch would end every connection.
    if (code === CLOSE_TOO_LARGE || code === CLOSE_UNSUPPORTED) queue.rejectUnanswered(tooMuch(reason))
    lose()
  }
  function onRefused(token: string | undefined, reason: string): void {
    if (reason === ROLE_CHANGED) comeBack()
    else if (reason === OPERATOR_ONLY) giveUp(forbidden(reason))
    else void refuse(token, reason) // handles its own failures
  }
  async function refuse(token: string | undefined, reason: string): Promise<void> {
    drop()
    enter('connecting')
    const refusal = new ClientError({
      status: 401,
      code: 'auth.invalid-token',
      detail: reason === '' ? 'The server refused the token.' : reason,
    })
    try {
      const renewed = isRenewed ? undefined : await options.onUnauthorized?.(token)
      isRenewed = true
      if (typeof renewed !== 'string') throw refusal
      if (state !== 'connecting') return // closed meanwhile
      enter('idle')
      pump()
    } catch (error) {
      if (state === 'connecting') fail(error)
    }
  }
  function fail(error: unknown): void {
    if (error instanceof ClientError && error.isTemporary) lose()
    else giveUp(error)
  }
  /** What waits fails; what is sent later finds a new connection. */
  function giveUp(error: unknown): void {
    drop()
    isRenewed = false
    queue.rejectAll(error)
  }

  function onAnswer(data: unknown): void {
    const answer = readTelemetryAnswer(data)
    if (answer?.type === 'ack') {
      failures = 0
      isRenewed = false
      queue.takeSent(answer.id)?.resolve({ accepted: answer.accepted, rejected: answer.rejected })
      pump(true)
    }
    if (answer?.type === 'error') onErrorAnswer(answer)
  }
  function onErrorAnswer(answer: { message: string; id?: string; code?: string; retry_after_seconds?: number }): void {
    if (answer.retry_after_seconds !== undefined) {
      queue.unsend(answer.id)
      enter('paused', Math.min(answer.retry_after_seconds * 1000, MAX_PAUSE_MS), () => {
        enter('open')
        pump(true)
      })
      return
    }
    const failure = new ClientError({ status: 0, code: errorCodeOf(answer.code), detail: answer.message })
    queue.takeSent(answer.id)?.reject(failure)
    pump(true)
  }

  return { pump: () => pump(), close: drop }
}

const forbidden = (detail: string): ClientError => new ClientError({ status: 403, code: 'auth.forbidden', detail })
const tooMuch = (reason: string): ClientError =>
  new ClientError({
    status: 0,
    code: 'request.too-large',
    detail: reason === '' ? 'The server refused the message.' : reason,
  })
