import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { ConnectionError } from '@webmacs/plugin-sdk'
import type { ModbusConfig } from './config.ts'
import { ModbusClient } from './library.ts'

/** An open way to the device. */
export interface Transport {
  readonly client: ModbusClient
  /** Where it leads, for messages. */
  readonly target: string
  /** Answers carry no number by which a late one could be told from the next. */
  readonly serial: boolean
  /** Comes when the way is gone, by our doing or not. */
  readonly gone: Promise<Error>
  close(): void
}

/** @throws ConnectionError when it cannot be opened in time */
export async function openTransport(config: ModbusConfig, signal: AbortSignal): Promise<Transport> {
  const target = config.transport === 'rtu' ? config.path : `${config.host}:${config.port}`
  try {
    const open = config.transport === 'rtu' ? openSerial : openSocket
    return await open(config, target, signal)
  } catch (err) {
    signal.throwIfAborted()
    throw new ConnectionError(`${target} cannot be reached${err instanceof Error ? `: ${err.message}` : ''}`, {
      cause: err,
    })
  }
}

/** The socket is ours, since the library does not say when one ends with an error. */
async function openSocket(config: ModbusConfig, target: string, signal: AbortSignal): Promise<Transport> {
  const socket = connect({ host: config.host, port: config.port, noDelay: true, keepAlive: true })
  await connected(socket, config.timeout_seconds, signal)
  const gone = Promise.withResolvers<Error>()
  let reason = new ConnectionError(`${target} has ended the connection`)
  socket.on('error', (err) => {
    reason = new ConnectionError(`the connection to ${target} broke: ${err.message}`, { cause: err })
  })
  socket.on('close', () => gone.resolve(reason))
  const client = newClient()
  const serial = config.transport === 'rtu_over_tcp'
  // its "telnet" is plain RTU frames on a socket; its "TcpRTU" puts a TCP header before them
  if (serial) await client.linkTelnet(socket, {})
  else await client.linkTCP(socket, { port: config.port })
  client.setTimeout(config.timeout_seconds * 1000)
  return { client, target, serial, gone: gone.promise, close: () => socket.destroy() }
}

async function connected(socket: Socket, timeoutSeconds: number, signal: AbortSignal): Promise<void> {
  const timeout = AbortSignal.timeout(timeoutSeconds * 1000)
  try {
    await once(socket, 'connect', { signal: AbortSignal.any([signal, timeout]) })
  } catch (err) {
    socket.on('error', () => undefined) // of a connection that nobody wants any more
    socket.destroy()
    if (timeout.aborted) throw new Error(`no connection within ${timeoutSeconds} s`, { cause: err })
    throw err
  }
}

async function openSerial(config: ModbusConfig, target: string): Promise<Transport> {
  const { path, baud_rate, parity, data_bits, stop_bits } = config
  const client = newClient()
  const gone = Promise.withResolvers<Error>()
  client.on('close', () => gone.resolve(new ConnectionError(`${target} is gone`)))
  client.on('error', (err) => gone.resolve(new ConnectionError(`${target} has failed`, { cause: err })))
  await client.connectRTUBuffered(path, { baudRate: baud_rate, parity, dataBits: data_bits, stopBits: stop_bits })
  client.setTimeout(config.timeout_seconds * 1000)
  const close = (): void => {
    gone.resolve(new ConnectionError(`${target} was closed`))
    client.close(() => undefined) // already closed is closed
  }
  return { client, target, serial: true, gone: gone.promise, close }
}

/** A client that never throws an unheard `error` event: what ends a connection is heard elsewhere. */
function newClient(): ModbusClient {
  const client = new ModbusClient()
  client.on('error', () => undefined)
  return client
}
