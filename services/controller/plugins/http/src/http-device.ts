import {
  type Channel,
  ConnectionError,
  DevicePlugin,
  type DeviceReadings,
  definePlugin,
  NotWritableError,
  numberFrom,
  type QualifiedValue,
  type RawValue,
  sensorFault,
  valueAt,
} from '@webmacs/plugin-sdk'
import { channelsOf, type Source, sourcesOf } from './channels.ts'
import { ConfigSchema, type HttpConfig, type OutputConfig } from './config.ts'
import { AnswerError, JsonClient } from './json-client.ts'
import { asText } from './values.ts'

/** What one address had to say. */
type Answer = { readonly json: unknown } | { readonly err: unknown }

class HttpDevice extends DevicePlugin<HttpConfig> {
  readonly #sources = new Map<string, Source>(sourcesOf(this.config).map((source) => [source.id, source]))
  readonly #outputs = new Map<string, OutputConfig>(this.config.outputs.map((output) => [output.id, output]))
  #client: JsonClient | undefined

  /** Asks once, so that "connected" means that something answers; whether the answer is right shows in the first cycle. */
  protected override async connectDevice(signal: AbortSignal): Promise<void> {
    this.#client = new JsonClient(this.config)
    const [first] = this.#sources.values()
    if (first === undefined) return
    try {
      await this.#client.read(first.path, signal)
    } catch (err) {
      if (!(err instanceof AnswerError)) throw err
    }
  }

  protected override async disconnectDevice(): Promise<void> {
    await this.#client?.close()
    this.#client = undefined
  }

  /** @throws what the first address said when none said anything useful */
  protected override async readDevice(channels: readonly Channel[], signal: AbortSignal): Promise<DeviceReadings> {
    const client = this.#clientNow()
    const wanted = channels.flatMap((channel) => {
      const source = this.#sources.get(channel.id)
      return source === undefined ? [] : [{ channel, source }]
    })
    const paths = [...new Set(wanted.map(({ source }) => source.path))]
    const answers = new Map(
      await Promise.all(paths.map(async (path) => [path, await this.#ask(client, path, signal)] as const)),
    )
    signal.throwIfAborted()
    const errors = [...answers.values()].flatMap((answer) => ('err' in answer ? [answer.err] : []))
    if (errors.length === paths.length && errors.length > 0) throw errors[0]
    return Object.fromEntries(
      wanted.map(({ channel, source }) => [channel.id, this.#valueOf(channel, source, answers.get(source.path))]),
    )
  }

  /** One address that fails does not take the others with it. */
  async #ask(client: JsonClient, path: string, signal: AbortSignal): Promise<Answer> {
    try {
      return { json: await client.read(path, signal) }
    } catch (err) {
      if (!signal.aborted) this.log.warn({ event: 'http.unreadable', err }, 'address cannot be read')
      return { err }
    }
  }

  #valueOf(channel: Channel, { valuePath }: Source, answer: Answer | undefined): RawValue | QualifiedValue {
    if (answer === undefined || 'err' in answer) return sensorFault
    const raw = numberFrom(valueAt(answer.json, valuePath), channel.dataType)
    if (raw === undefined)
      this.log.warn({ event: 'http.no-number', channel: channel.id }, 'no number at its value path')
    return raw ?? sensorFault
  }

  protected override async writeDevice(
    channel: Channel,
    raw: number,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const output = this.#outputs.get(channel.id)
    if (output === undefined) throw new NotWritableError(channel.id)
    const client = this.#clientNow()
    const value = asText(raw, output)
    const path = output.path.replaceAll('{value}', () => encodeURIComponent(value))
    const body = output.body.replaceAll('{value}', () => value)
    await client.write(
      output.method === 'GET'
        ? { method: 'GET', path }
        : { method: output.method, path, body, contentType: output.content_type },
      signal,
    )
    const source = this.#sources.get(channel.id)
    return source === undefined ? undefined : this.#readBack(client, channel, source, signal)
  }

  async #readBack(client: JsonClient, channel: Channel, source: Source, signal: AbortSignal): Promise<number> {
    const raw = numberFrom(valueAt(await client.read(source.path, signal), source.valuePath), channel.dataType)
    if (raw === undefined) throw new AnswerError('it was set, but cannot be read back: no number at its value path')
    return raw
  }

  #clientNow(): JsonClient {
    if (this.#client === undefined) throw new ConnectionError('there is no connection')
    return this.#client
  }
}

export const plugin = definePlugin<HttpConfig>({
  meta: {
    id: 'http',
    name: 'HTTP/JSON',
    version: '1.0.0',
    vendor: 'WebMACS',
    description: 'Devices that answer with JSON over HTTP or HTTPS, asked again and again',
    protocol: 'http',
    tags: ['http', 'json', 'polling'],
  },
  configSchema: ConfigSchema,
  channels: channelsOf,
  create: (context) => new HttpDevice(context),
})
