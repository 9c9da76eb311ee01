import { setTimeout as delay } from 'node:timers/promises'
import { hasPluginErrorCode, Turns } from '@webmacs/plugin-sdk'
import type { ModbusConfig } from './config.ts'
import { asModbusError, DamagedAnswerError } from './exceptions.ts'
import type { ModbusClient } from './library.ts'
import { openTransport, type Transport } from './transport.ts'

/** One request to a unit, inside a turn. */
export type Ask = <T>(unitId: number, request: (client: ModbusClient) => Promise<T>) => Promise<T>

/** Characters of silence between frames that the standard demands, and how many bits a character has at most. */
const SILENT_CHARACTERS = 3.5
const BITS_PER_CHARACTER = 11
const MIN_SILENCE_MS = 2
/** How long a serial line is left alone after an answer that did not come, or came damaged: a late one must not pass for the next. */
const SETTLE_MS = 300

/** A connection on which one request is under way at a time. */
export class Line {
  readonly #transport: Transport
  readonly #turns = new Turns()
  readonly #timeoutMs: number
  readonly #pauseMs: number
  readonly #gone: Promise<never>
  #quiet: Promise<unknown> = Promise.resolve()
  #closed = false

  private constructor(transport: Transport, config: ModbusConfig) {
    this.#transport = transport
    this.#timeoutMs = config.timeout_seconds * 1000
    this.#pauseMs = Math.max(config.request_delay_ms, transport.serial ? silenceMs(config) : 0)
    this.#gone = transport.gone.then((err) => Promise.reject(err))
    this.#gone.catch(() => undefined) // heard by the requests that wait, if any
  }

  /** @param onLost the connection ended without `close` */
  static async open(config: ModbusConfig, signal: AbortSignal, onLost: (err: Error) => void): Promise<Line> {
    const line = new Line(await openTransport(config, signal), config)
    void line.#transport.gone.then((err) => {
      if (!line.#closed) onLost(err)
    })
    return line
  }

  close(): void {
    this.#closed = true
    this.#transport.close()
  }

  /**
   * Does requests that belong together without another one in between. Given up by the signal, the request under way is still waited for before
   * the next turn, so that its answer cannot be taken for another's.
   * @throws ConnectionError, DeviceTimeoutError, ModbusException, DamagedAnswerError or the signal's reason
   */
  async turn<T>(kind: 'read' | 'write', signal: AbortSignal, work: (ask: Ask) => Promise<T>): Promise<T> {
    const turn = this.#turns.take(kind, signal, () => work((unitId, request) => this.#ask(unitId, request, signal)))
    const aborted = Promise.withResolvers<never>()
    const giveUp = (): void => aborted.reject(signal.reason)
    signal.addEventListener('abort', giveUp, { once: true })
    turn.catch(() => undefined) // when the signal was first
    try {
      return await Promise.race([turn, aborted.promise])
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  }

  async #ask<T>(unitId: number, request: (client: ModbusClient) => Promise<T>, signal: AbortSignal): Promise<T> {
    await Promise.race([this.#quiet, this.#gone])
    signal.throwIfAborted()
    const { client } = this.#transport
    let pauseMs = this.#pauseMs
    try {
      client.setID(unitId)
      return await Promise.race([request(client), this.#gone])
    } catch (cause) {
      const err = asModbusError(cause, unitId, this.#timeoutMs)
      const unsettled = hasPluginErrorCode(err, 'timeout') || err instanceof DamagedAnswerError
      if (unsettled && this.#transport.serial) pauseMs = Math.max(pauseMs, SETTLE_MS)
      throw err
    } finally {
      this.#quiet = pauseMs === 0 ? Promise.resolve() : delay(pauseMs, undefined, { ref: false })
    }
  }
}

const silenceMs = ({ baud_rate }: ModbusConfig): number =>
  Math.max(MIN_SILENCE_MS, Math.ceil((SILENT_CHARACTERS * BITS_PER_CHARACTER * 1000) / baud_rate))
