import { expectStatus, expectSuccess, type Page } from './contract/expectations.ts'
import { type Answer, send } from './contract/http.ts'
import { openSocket, type Socket } from './contract/socket.ts'

/** How it sends: value by value, in batches, or by the telemetry socket. */
export type Transport = 'single' | 'batch' | 'websocket'

export interface OldControllerOptions {
  readonly url: string
  readonly account: { readonly email: string; readonly password: string }
  /** Of those that it finds, the one whose device it has. */
  readonly instance: string
}

interface Mapping {
  readonly channel_id: string
  readonly direction: string
  readonly event_public_id: string | null
}

/** Batches of the old controller. */
const MAX_BATCH_SIZE = 100

/** The controller of WebMACS 2.0, as plugins.md §6 and websocket.md §5 describe it, with its loops turned by hand. */
export class OldController {
  readonly #options: OldControllerOptions
  #token = ''
  #transport: Transport = 'batch'
  #socket: Socket | undefined
  #mappings: readonly Mapping[] = []

  constructor(options: OldControllerOptions) {
    this.#options = options
  }

  /** Login, events, transport, then the instances that are enabled, of the first page of them. */
  async start(transport: Transport): Promise<void> {
    const { account, url, instance } = this.#options
    const login = await this.#send('POST', '/auth/login', account)
    this.#token = expectStatus(login, 200).json<{ access_token: string }>().access_token
    expectStatus(await this.#ask('GET', '/events'), 200)
    this.#transport = transport
    if (transport === 'websocket')
      this.#socket = await openSocket(`${url.replace('http', 'ws')}/ws/controller/telemetry?token=${this.#token}`)
    const { data } = (await this.#ask('GET', '/plugins')).json<Page<{ public_id: string; enabled: boolean }>>()
    if (!data.some((one) => one.enabled && one.public_id === instance)) throw new Error('its instance is not listed')
    this.#mappings = expectStatus(await this.#ask('GET', `/plugins/${instance}/channels`), 200).json<Mapping[]>()
  }

  /** One turn of the sensor loop: what its device shows, channel → value; channels without an event are left out. */
  async sense(values: Readonly<Record<string, number>>): Promise<void> {
    const datapoints = this.#mappings.flatMap(({ channel_id, event_public_id }) => {
      const value = values[channel_id]
      return event_public_id === null || value === undefined ? [] : [{ value, event_public_id }]
    })
    for (let at = 0; at < datapoints.length; at += MAX_BATCH_SIZE)
      await this.#deliver(datapoints.slice(at, at + MAX_BATCH_SIZE))
  }

  /** One turn of the actuator loop: what it would write to the outputs of its device, channel → value. */
  async actuate(): Promise<Record<string, number>> {
    const answer = expectStatus(await this.#ask('GET', '/datapoints/latest'), 200)
    const latest = new Map(
      answer.json<{ event_public_id: string; value: number }[]>().map((point) => [point.event_public_id, point.value]),
    )
    return Object.fromEntries(
      this.#mappings.flatMap(({ channel_id, direction, event_public_id }) => {
        const value = latest.get(event_public_id ?? '')
        return direction === 'input' || value === undefined ? [] : [[channel_id, value] as const]
      }),
    )
  }

  async #deliver(datapoints: readonly { readonly value: number; readonly event_public_id: string }[]): Promise<void> {
    switch (this.#transport) {
      case 'single':
        for (const datapoint of datapoints) expectSuccess(await this.#ask('POST', '/datapoints', datapoint), 201)
        return
      case 'batch':
        expectSuccess(await this.#ask('POST', '/datapoints/batch', { datapoints }), 201)
        return
      case 'websocket':
        this.#socket?.send({ datapoints })
        return
    }
  }

  /** After a 401 it logs in again, once. */
  async #ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await this.#send(method, path, body, this.#token)
    if (answer.status !== 401) return answer
    const login = await this.#send('POST', '/auth/login', this.#options.account)
    this.#token = expectStatus(login, 200).json<{ access_token: string }>().access_token
    return this.#send(method, path, body, this.#token)
  }

  #send(method: string, path: string, body?: unknown, token?: string): Promise<Answer> {
    return send(method, `${this.#options.url}/api/v1${path}`, { body, token })
  }
}
