import {
  ConnectionError,
  DeviceTimeoutError,
  hasPluginErrorCode,
  InvalidValueError,
  type PluginLog,
  type QualifiedValue,
  sensorFault,
} from '@webmacs/plugin-sdk'
import {
  AttributeIds,
  type ClientSession,
  type ClientSubscription,
  type DataType,
  type DataValue,
  LogLevel,
  OPCUAClient,
  resolveNodeId,
  setLogLevel,
} from 'node-opcua-client'
import { type ClientCertificate, clientCertificate } from './client-certificate.ts'
import { clientOptions, identityOf } from './client-options.ts'
import type { NodeConfig, OpcuaConfig } from './config.ts'
import { monitor } from './monitored-nodes.ts'
import { isBad, qualityOf } from './quality-of.ts'
import { type ServerCertificate, trustedCertificate } from './server-certificate.ts'
import { untilAborted } from './until-aborted.ts'
import { isNumeric, rawOf, variantFor } from './variants.ts'

export interface ServerListener {
  /** @param ageMs how long before it was sent the value was measured */
  value(node: NodeConfig, value: QualifiedValue, ageMs: number): void
  /** At most once, and never after `close`. */
  lost(err: Error): void
}

export interface ConnectionOptions {
  readonly config: OpcuaConfig
  readonly log: PluginLog
  readonly listener: ServerListener
}

/** Small servers answer no more at once. */
const NODES_AT_ONCE = 100
/** The library and the standard want at least so many. */
const MIN_KEEP_ALIVES = 3

/** One session on a server, not renewed by itself: whoever runs the driver connects again, and shows that it was lost. */
export class OpcuaConnection {
  readonly #options: ConnectionOptions
  readonly #client: OPCUAClient
  readonly #types = new Map<string, DataType>()
  #session: ClientSession | undefined
  /** When the server sent what came last, by its clock, epoch milliseconds. */
  #sentAtMs: number | undefined
  #isClosing = false
  #loss: ConnectionError | undefined

  /** @throws ConnectionError, ConfigError, or the signal's reason */
  static async open(options: ConnectionOptions, signal: AbortSignal): Promise<OpcuaConnection> {
    setLogLevel(LogLevel.Emergency) // the library writes to the console, whole messages too
    const { config, log } = options
    const identity = identityOf(config)
    const own = await clientCertificate(log, signal)
    const server = await asConnectionError(serverOf(options, own, signal), config, signal)
    const client = OPCUAClient.create({
      ...clientOptions(config, own),
      ...(server !== undefined && { serverCertificate: server.chain }),
    })
    const connection = new OpcuaConnection(options, client)
    try {
      await asConnectionError(untilAborted(connection.#connect(identity), signal), config, signal)
    } catch (err) {
      await connection.close(signal)
      throw err
    }
    return connection
  }

  private constructor(options: ConnectionOptions, client: OPCUAClient) {
    this.#options = options
    this.#client = client
  }

  async #connect(identity: ReturnType<typeof identityOf>): Promise<void> {
    await this.#client.connect(this.#options.config.endpoint_url)
    const session = await this.#client.createSession(identity)
    this.#session = session
    // Not the publish time of a message: some servers do not set it.
    this.#client.on('receive_response', ({ responseHeader }) => {
      this.#sentAtMs = responseHeader.timestamp?.getTime()
    })
    this.#client.on('connection_lost', () => this.#lose('the connection to the server is lost'))
    this.#client.on('close', () => this.#lose('the server closed the connection'))
    session.on('session_closed', () => this.#lose('the server closed the session'))
  }

  /**
   * Has the values of nodes sent as they change. A node that the server does not have is faulty, and the others go on.
   * @throws ConnectionError, or the signal's reason
   */
  async subscribe(nodes: readonly NodeConfig[], signal: AbortSignal): Promise<void> {
    if (nodes.length === 0) return
    const { config, listener, log } = this.#options
    const keepAlives = Math.ceil((config.keep_alive_seconds * 1000) / config.publishing_interval_ms)
    const maxKeepAlives = Math.max(MIN_KEEP_ALIVES, keepAlives)
    const subscription = await this.#ask(
      (session) =>
        session.createSubscription2({
          requestedPublishingInterval: config.publishing_interval_ms,
          requestedMaxKeepAliveCount: maxKeepAlives,
          requestedLifetimeCount: maxKeepAlives * MIN_KEEP_ALIVES * 2,
          publishingEnabled: true,
          priority: 1,
        }),
      signal,
    )
    this.#watch(subscription)
    const sentAt = (): number | undefined => this.#sentAtMs
    const heard = (node: NodeConfig, value: DataValue, ageMs: number): void =>
      listener.value(node, read(value, node), ageMs)
    const groups = Map.groupBy(nodes, ({ sampling_interval_ms, queue_size }) => `${sampling_interval_ms} ${queue_size}`)
    for (const group of groups.values())
      for (const some of inBatches(group)) {
        const faulty = await this.#ask(() => monitor(subscription, some, sentAt, heard), signal)
        for (const [node, status] of faulty) {
          log.warn({ event: 'opcua.bad-node', channel: node.id, node: node.node_id, status }, 'node cannot be watched')
          listener.value(node, sensorFault, 0)
        }
      }
  }

  #watch(subscription: ClientSubscription): void {
    subscription.on('terminated', () => this.#lose('the server ended the subscription'))
    subscription.on('error', () => this.#lose('the server refuses the subscription'))
  }

  /** @throws ConnectionError, DeviceTimeoutError, or the signal's reason */
  async read(nodes: readonly NodeConfig[], signal: AbortSignal): Promise<Record<string, QualifiedValue>> {
    const values: Record<string, QualifiedValue> = {}
    for (const some of inBatches(nodes)) {
      const wanted = some.map(({ node_id }) => ({ nodeId: node_id, attributeId: AttributeIds.Value }))
      const answers = await this.#ask((session) => session.read(wanted), signal)
      for (const [index, node] of some.entries()) {
        const answer = answers[index]
        values[node.id] = answer === undefined ? sensorFault : read(answer, node)
      }
    }
    return values
  }

  /**
   * Writes in the type that the node has.
   * @returns the value that the server says it has now
   * @throws InvalidValueError for what the type cannot hold, Error with the server's refusal
   */
  async write(node: NodeConfig, raw: number, signal: AbortSignal): Promise<number | undefined> {
    const dataType = await this.#typeOf(node, signal)
    const value = variantFor(dataType, raw)
    if (value === undefined) throw new InvalidValueError(node.id, raw)
    const { node_id: nodeId } = node
    const status = await this.#ask(
      (session) => session.write({ nodeId, attributeId: AttributeIds.Value, value: { value } }),
      signal,
    )
    if (isBad(status)) throw new Error(`the server does not set ${nodeId}: ${status.name}`)
    const now = (await this.read([node], signal))[node.id]?.value
    return now === null || now === undefined ? undefined : Number(now)
  }

  /** Types do not change while connected. */
  async #typeOf({ node_id }: NodeConfig, signal: AbortSignal): Promise<DataType> {
    const known = this.#types.get(node_id)
    if (known !== undefined) return known
    const type = await this.#ask((session) => session.getBuiltInDataType(resolveNodeId(node_id)), signal)
    if (!isNumeric(type)) throw new Error(`${node_id} holds no number`)
    this.#types.set(node_id, type)
    return type
  }

  /** Ends the session and everything that it had. */
  async close(signal: AbortSignal): Promise<void> {
    this.#isClosing = true
    // The library may wait for answers, within a deadline of its own; what fails here was lost before.
    await untilAborted(this.#client.disconnect(), signal).catch(() => undefined)
  }

  #lose(reason: string): void {
    if (this.#isClosing || this.#loss !== undefined) return
    this.#loss = new ConnectionError(reason)
    this.#options.listener.lost(this.#loss)
  }

  async #ask<T>(question: (session: ClientSession) => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#loss !== undefined) throw this.#loss
    if (this.#session === undefined) throw new ConnectionError('the server is not connected')
    try {
      return await untilAborted(question(this.#session), signal)
    } catch (err) {
      signal.throwIfAborted()
      if (this.#loss !== undefined) throw this.#loss
      if (TIMED_OUT.test(textOf(err))) throw new DeviceTimeoutError('the server does not answer', { cause: err })
      throw err
    }
  }
}

const TIMED_OUT = /tim(ed)? ?-?out/i

function read({ statusCode, value }: DataValue, node: NodeConfig): QualifiedValue {
  if (isBad(statusCode)) return { value: null, quality: qualityOf(statusCode) }
  const raw = rawOf(value, node.data_type)
  return raw === undefined ? sensorFault : { value: raw, quality: qualityOf(statusCode) }
}

function* inBatches<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += NODES_AT_ONCE) yield all.slice(from, from + NODES_AT_ONCE)
}

/** Without security nobody proves anything. */
async function serverOf(
  { config, log }: ConnectionOptions,
  own: ClientCertificate,
  signal: AbortSignal,
): Promise<ServerCertificate | undefined> {
  if (config.security_mode === 'none') return undefined
  const { fingerprint: sha1 } = own.certificate
  log.info({ event: 'opcua.client-certificate', sha1, uri: own.applicationUri }, 'the server has to trust this')
  const server = await trustedCertificate(config, own, signal)
  if (!config.verify_server)
    log.warn({ event: 'opcua.server-not-verified', sha256: server.fingerprint }, 'the server may be anyone')
  return server
}

/** @throws ConnectionError, ConfigError, or the signal's reason */
async function asConnectionError<T>(work: Promise<T>, { endpoint_url }: OpcuaConfig, signal: AbortSignal): Promise<T> {
  try {
    return await work
  } catch (err) {
    signal.throwIfAborted()
    if (hasPluginErrorCode(err, 'config')) throw err
    throw new ConnectionError(`${endpoint_url} cannot be reached: ${textOf(err)}`, { cause: err })
  }
}

const textOf = (err: unknown): string => (err instanceof Error ? err.message : String(err)).replaceAll(/\s+/g, ' ')
