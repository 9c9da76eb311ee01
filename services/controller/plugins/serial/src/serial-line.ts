import { setTimeout as delay } from 'node:timers/promises'
import { ConnectionError, DeviceTimeoutError, Turns } from '@webmacs/plugin-sdk'
import { SerialPort } from 'serialport'
import { unescapeText } from './characters.ts'
import type { SerialConfig } from './config.ts'
import { FrameSplitter } from './frame-splitter.ts'

export interface LineListener {
  /** A frame that nobody asked for. */
  frame(frame: string): void
  /** The port is gone: unplugged, or taken away. */
  lost(err: Error): void
}

/** A serial port whose frames answer requests, one at a time, or come by themselves. */
export class SerialLine {
  readonly #port: SerialPort
  readonly #config: SerialConfig
  readonly #splitter: FrameSplitter
  readonly #turns = new Turns()
  #awaited: PromiseWithResolvers<string> | undefined
  #closing = false

  /** @throws ConnectionError */
  static async open(config: SerialConfig, listener: LineListener): Promise<SerialLine> {
    const { path, baud_rate: baudRate, data_bits: dataBits, stop_bits: stopBits, parity, rtscts } = config
    const port = new SerialPort({ path, baudRate, dataBits, stopBits, parity, rtscts, autoOpen: false })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    port.open((err) => (err === null ? resolve() : reject(err)))
    try {
      await promise
    } catch (err) {
      throw new ConnectionError(`${path} cannot be opened: ${err instanceof Error ? err.message : String(err)}`, {
        cause: err,
      })
    }
    return new SerialLine(port, config, listener)
  }

  private constructor(port: SerialPort, config: SerialConfig, listener: LineListener) {
    this.#port = port
    this.#config = config
    this.#splitter = new FrameSplitter(config.framing)
    port.on('data', (bytes: Buffer) => {
      for (const frame of this.#splitter.add(bytes.toString('latin1'))) this.#deliver(frame, listener)
    })
    port.on('error', (err) => this.#fail(err, listener))
    port.on('close', () => this.#fail(new Error('the port was closed'), listener))
  }

  /** Sends and waits for the next frame. @throws DeviceTimeoutError, ConnectionError, or the signal's reason */
  ask(kind: 'read' | 'write', request: string, signal: AbortSignal): Promise<string> {
    return this.#inTurn(kind, signal, async () => {
      this.#splitter.clear()
      const answer = Promise.withResolvers<string>()
      this.#awaited = answer
      const giveUp = (): void => answer.reject(signal.reason)
      signal.addEventListener('abort', giveUp, { once: true })
      const milliseconds = this.#config.timeout_seconds * 1000
      const timer = setTimeout(
        () => answer.reject(new DeviceTimeoutError(`no answer within ${milliseconds} ms`)),
        milliseconds,
      )
      try {
        await this.#send(request)
        return await answer.promise
      } finally {
        this.#awaited = undefined
        clearTimeout(timer)
        signal.removeEventListener('abort', giveUp)
      }
    })
  }

  /** Sends what is not answered. */
  tell(request: string, signal: AbortSignal): Promise<void> {
    return this.#inTurn('write', signal, () => this.#send(request))
  }

  async close(): Promise<void> {
    this.#closing = true
    if (!this.#port.isOpen) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#port.close(() => resolve())
    await promise
  }

  #inTurn<T>(kind: 'read' | 'write', signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return this.#turns.take(kind, signal, async () => {
      if (!this.#port.isOpen) throw new ConnectionError('the port is closed')
      try {
        return await work()
      } finally {
        if (this.#config.pause_ms > 0) await delay(this.#config.pause_ms)
      }
    })
  }

  async #send(request: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#port.write(Buffer.from(unescapeText(request), 'latin1'), (err) => (err ? reject(err) : resolve()))
    await promise.catch((cause: unknown) => {
      throw new ConnectionError('the port does not take what is sent', { cause })
    })
  }

  #deliver(frame: string, listener: LineListener): void {
    if (this.#awaited === undefined) listener.frame(frame)
    else this.#awaited.resolve(frame)
  }

  #fail(cause: Error, listener: LineListener): void {
    const err = new ConnectionError(`the serial line is lost: ${cause.message}`, { cause })
    this.#awaited?.reject(err)
    if (!this.#closing) listener.lost(err)
  }
}
