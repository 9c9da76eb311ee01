import { ConnectionError } from '@webmacs/plugin-sdk'
import mqtt, { type MqttClient } from 'mqtt'
import type { MqttConfig, Qos } from './config.ts'

const PROTOCOLS = { tcp: 'mqtt', tls: 'mqtts', ws: 'ws', wss: 'wss' } as const

export interface BrokerListener {
  message(topic: string, payload: Buffer, isRetained: boolean): void
  lost(err: Error): void
}

/** One connection to a broker. It does not connect again by itself: whoever runs the driver does that, and shows that it was lost. */
export class BrokerConnection {
  readonly #client: MqttClient
  #closing = false

  /** @throws ConnectionError */
  static async open(config: MqttConfig, listener: BrokerListener, signal: AbortSignal): Promise<BrokerConnection> {
    const client = mqtt.connect({
      protocol: PROTOCOLS[config.transport],
      host: config.host,
      port: config.port,
      path: config.path,
      clean: true,
      reconnectPeriod: 0,
      connectTimeout: config.timeout_seconds * 1000,
      keepalive: config.keepalive_seconds,
      resubscribe: false,
      rejectUnauthorized: config.tls.verify,
      ...(config.client_id !== '' && { clientId: config.client_id }),
      ...(config.username !== '' && { username: config.username, password: config.password }),
      ...(config.tls.ca !== '' && { ca: config.tls.ca }),
      ...(config.tls.certificate !== '' && { cert: config.tls.certificate, key: config.tls.private_key }),
    })
    const connected = Promise.withResolvers<void>()
    const giveUp = (): void => connected.reject(signal.reason)
    client.once('connect', () => connected.resolve())
    client.on('error', connected.reject)
    client.once('close', () => connected.reject(new Error('the broker closed the connection')))
    signal.addEventListener('abort', giveUp, { once: true })
    if (signal.aborted) giveUp()
    try {
      await connected.promise
    } catch (err) {
      client.end(true)
      const reason = err instanceof Error ? err.message : String(err)
      throw new ConnectionError(`${config.host}:${config.port} cannot be reached: ${reason}`, { cause: err })
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
    return new BrokerConnection(client, listener)
  }

  private constructor(client: MqttClient, listener: BrokerListener) {
    this.#client = client
    client.on('message', (topic, payload, { retain }) => listener.message(topic, payload, retain))
    client.on('close', () => {
      if (!this.#closing) listener.lost(new ConnectionError('the connection to the broker is lost'))
    })
  }

  /** @throws ConnectionError, or Error with the topics that the broker refuses */
  async subscribe(topics: ReadonlyMap<string, Qos>): Promise<void> {
    if (topics.size === 0) return
    const wanted = Object.fromEntries([...topics].map(([topic, qos]) => [topic, { qos }]))
    const grants = await this.#client.subscribeAsync(wanted).catch(lost)
    const refused = grants.filter(({ qos }) => qos >= 128).map(({ topic }) => topic)
    if (refused.length > 0) throw new Error(`the broker refuses ${refused.join(', ')}`)
  }

  /** Resolves when the broker has it, for qos 1 and 2. @throws ConnectionError, or the signal's reason */
  async publish(
    topic: string,
    payload: string,
    options: { qos: Qos; retain: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const giveUp = (): void => reject(signal.reason)
    signal.addEventListener('abort', giveUp, { once: true })
    if (signal.aborted) giveUp()
    else this.#client.publishAsync(topic, payload, options).then(() => resolve(), reject)
    try {
      await promise
    } catch (err) {
      if (signal.aborted) throw err
      lost(err)
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  }

  async close(): Promise<void> {
    this.#closing = true
    await this.#client.endAsync(true)
  }
}

const lost = (cause: unknown): never => {
  throw new ConnectionError('the broker does not answer', { cause })
}
