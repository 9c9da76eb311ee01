import { until } from '@webmacs/testing'
import { expectCreated, expectSuccess, type Page } from './expectations.ts'
import type { ContractSite } from './site.ts'

export interface Datapoint {
  readonly public_id: string
  readonly value: number
  readonly timestamp: string
  readonly event_public_id: string
  readonly experiment_public_id: string | null
}

export const anEvent = (site: ContractSite, overrides: Record<string, unknown> = {}) => ({
  name: site.uniqueName('event'),
  min_value: 0,
  max_value: 100,
  unit: '°C',
  type: 'sensor',
  ...overrides,
})

/** @returns its id */
export const newEvent = async (site: ContractSite, overrides?: Record<string, unknown>): Promise<string> =>
  expectCreated(await site.post('/events', anEvent(site, overrides)), 'evt')

/** No controller has a driver of this id, so nothing but the tests sends values. @returns its id */
export async function newInstance(site: ContractSite, overrides: Record<string, unknown> = {}): Promise<string> {
  const instance_name = site.uniqueName('instance')
  const body = { plugin_id: 'contract-suite', instance_name, auto_create_events: false, ...overrides }
  return expectCreated(await site.post('/plugins', body), 'plg')
}

export const aChannel = (site: ContractSite, overrides: Record<string, unknown> = {}) => ({
  channel_id: site.uniqueName('channel'),
  channel_name: 'Channel',
  direction: 'input',
  unit: '°C',
  ...overrides,
})

/** @returns its id */
export const newChannel = async (site: ContractSite, instance: string, overrides?: Record<string, unknown>) =>
  expectCreated(await site.post(`/plugins/${instance}/channels`, aChannel(site, overrides)), 'map')

/** An event that takes values, with what links it. */
export async function newLinkedEvent(site: ContractSite, instance?: string) {
  const plugin = instance ?? (await newInstance(site))
  const event = await newEvent(site)
  return { event, instance: plugin, channel: await newChannel(site, plugin, { event_public_id: event }) }
}

/** Starts an experiment, and stops it at the end of the block: one runs at a time. */
export async function startExperiment(site: ContractSite): Promise<AsyncDisposable & { readonly id: string }> {
  const id = expectCreated(await site.post('/experiments', { name: site.uniqueName('experiment') }), 'exp')
  return { id, [Symbol.asyncDispose]: async () => void (await site.put(`/experiments/${id}/stop`)) }
}

export const sendValue = async (site: ContractSite, event: string, value: number): Promise<void> => {
  expectSuccess(await site.post('/datapoints', { value, event_public_id: event }), 201)
}

export const latestOf = async (site: ContractSite, event: string): Promise<Datapoint | undefined> =>
  (await site.get('/datapoints/latest')).json<Datapoint[]>().find((point) => point.event_public_id === event)

export const seriesOf = async (site: ContractSite, event: string): Promise<Datapoint[]> => {
  const request = { event_public_ids: [event], minutes: 60, max_points: 2000 }
  return (await site.post('/datapoints/series', request)).json<Record<string, Datapoint[]>>()[event] ?? []
}

/** Waits until the historian has that many of the event. */
export const untilStored = (site: ContractSite, event: string, count: number): Promise<Datapoint[]> =>
  until(`${count} datapoints of ${event} are stored`, async () => {
    const points = await seriesOf(site, event)
    return points.length >= count ? points : undefined
  })

/** Reads every page of a list. */
export async function allOf<Item = Record<string, unknown>>(site: ContractSite, path: string): Promise<Item[]> {
  const items: Item[] = []
  for (let page = 1; ; page++) {
    const { data, total } = (await site.get(`${path}?page=${page}&page_size=100`)).json<Page<Item>>()
    items.push(...data)
    if (data.length === 0 || items.length >= total) return items
  }
}
