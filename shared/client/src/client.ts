import type {
  AvailablePlugin,
  Datapoint,
  Event,
  Health,
  LoginRequest,
  LoginResponse,
  PageOf,
  PluginInstance,
  SeriesRequest,
  SeriesResponse,
  Success,
  User,
} from '@webmacs/contracts'
import { createSend, type HttpOptions, type Send } from './http.ts'
import { systemTimers } from './timers.ts'

export type ClientOptions = Pick<HttpOptions, 'baseUrl' | 'getToken' | 'onUnauthorized'> &
  Partial<Pick<HttpOptions, 'fetch' | 'timers' | 'random'>>

export interface PageQuery {
  /** From 1. */
  readonly page?: number
  /** Entries a page, at most 100. */
  readonly page_size?: number
}

/** The REST API with types. Every method throws `ClientError`, or the signal's reason when it is aborted. */
export interface Client {
  login(credentials: LoginRequest, signal?: AbortSignal): Promise<LoginResponse>
  logout(signal?: AbortSignal): Promise<Success>
  me(signal?: AbortSignal): Promise<User>
  /** All events, from as many pages as there are. */
  events(signal?: AbortSignal): Promise<Event[]>
  /** The newest reading of each event that has one. */
  latest(signal?: AbortSignal): Promise<Datapoint[]>
  datapoints(query?: PageQuery, signal?: AbortSignal): Promise<PageOf<Datapoint>>
  series(request: SeriesRequest, signal?: AbortSignal): Promise<SeriesResponse>
  /** All plugin instances, from as many pages as there are. */
  plugins(signal?: AbortSignal): Promise<PluginInstance[]>
  availablePlugins(signal?: AbortSignal): Promise<AvailablePlugin[]>
  health(signal?: AbortSignal): Promise<Health>
}

const PAGE_SIZE = 100

export function createClient(options: ClientOptions): Client {
  const send = createSend({
    fetch: (...args) => globalThis.fetch(...args),
    timers: systemTimers,
    random: Math.random,
    ...options,
  })
  return {
    login: (credentials, signal) => send('/auth/login', { method: 'POST', body: credentials, session: false, signal }),
    logout: (signal) => send('/auth/logout', { method: 'POST', session: false, signal }),
    me: (signal) => send('/auth/me', { signal }),
    events: (signal) => allPages<Event>(send, '/events', signal),
    latest: (signal) => send('/datapoints/latest', { signal }),
    datapoints: (query, signal) => send('/datapoints', { query: { ...query }, signal }),
    series: (request, signal) => send('/datapoints/series', { method: 'POST', body: request, signal }),
    plugins: (signal) => allPages<PluginInstance>(send, '/plugins', signal),
    availablePlugins: (signal) => send('/plugins/available', { signal }),
    health: (signal) => send('/health', { signal }),
  }
}

/** Reads page after page. Something deleted meanwhile can hide an entry, something new cannot double one: doubles are left out by id. */
async function allPages<Item extends { public_id: string }>(
  send: Send,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Item[]> {
  const items = new Map<string, Item>()
  for (let page = 1; ; page++) {
    const answer = await send<PageOf<Item>>(path, { query: { page, page_size: PAGE_SIZE }, signal })
    for (const item of answer.data) items.set(item.public_id, item)
    if (answer.data.length === 0 || page * answer.page_size >= answer.total) return [...items.values()]
  }
}
