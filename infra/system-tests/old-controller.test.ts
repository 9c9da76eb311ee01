import { until } from '@webmacs/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectCreated, expectStatus, expectSuccess, type Page } from './src/contract/expectations.ts'
import { ContractSite } from './src/contract/site.ts'
import { openSocket, type Socket } from './src/contract/socket.ts'
import { type Datapoint, latestOf, untilStored } from './src/contract/things.ts'
import { OldController } from './src/old-controller.ts'

const site = new ContractSite()
beforeAll(() => site.start())
afterAll(() => site.stop())

interface Instance {
  readonly status: string
  readonly driven_by: string
}

interface Mapping {
  readonly channel_id: string
  readonly event_public_id: string
}

let instance: string
let controller: OldController
/** Channel → its event. */
let events: Readonly<Record<string, string>>

const shown = async (): Promise<Instance> =>
  expectStatus(await site.get(`/plugins/${instance}`, { as: 'viewer' }), 200).json<Instance>()

/** Whether our own controller has a process for the device. */
const isOurs = async (): Promise<boolean> => (await site.controllerMetrics()).includes(`plugin_instance="${instance}"`)

const stream = (): Promise<Socket> => openSocket(`${site.socketUrl}/ws/datapoints/stream?token=${site.token('viewer')}`)

const isOf = (event: string, value: number) => (message: Record<string, unknown>) =>
  message.type === 'datapoints_batch' &&
  (message.datapoints as Datapoint[]).some((point) => point.event_public_id === event && point.value === value)

beforeAll(async () => {
  const body = { plugin_id: 'simulated', instance_name: 'Old Rig', driven_by: 'external' }
  instance = expectCreated(await site.post('/plugins', body), 'plg')
  const channels = (await site.get(`/plugins/${instance}/channels`)).json<Mapping[]>()
  events = Object.fromEntries(channels.map((channel) => [channel.channel_id, channel.event_public_id]))
  controller = new OldController({ url: site.url, account: await site.newUser('operator'), instance })
})

test('an instance that is driven from outside is left alone, and shows as inactive while nobody drives it', async () => {
  expect(Object.keys(events)).toEqual(expect.arrayContaining(['temp_reactor', 'heater_power']))
  expect(await shown()).toMatchObject({ status: 'inactive', driven_by: 'external' })
  expect(await isOurs()).toBe(false)
})

test.each(['single', 'batch', 'websocket'] as const)(
  'values sent by %s are stored, live, and make it connected',
  async (transport) => {
    using live = await stream()
    await live.next('the greeting', ({ type }) => type === 'connected')
    await controller.start(transport)
    const value = { single: 21.5, batch: 22.5, websocket: 23.5 }[transport]
    const event = String(events.temp_reactor)
    await controller.sense({ temp_reactor: value })
    await live.next(`${value} is live`, isOf(event, value))
    await until('it is stored', async () => (await untilStored(site, event, 1)).some((point) => point.value === value))
    expect(await latestOf(site, event)).toMatchObject({ value })
    await until('it is connected', async () => (await shown()).status === 'connected')
    expect(await isOurs()).toBe(false)
  },
)

test('sees what a user sets among the latest values, and nobody else does it', async () => {
  await controller.start('batch')
  const event = String(events.heater_power)
  for (const value of [40, 0]) {
    expectSuccess(await site.post('/datapoints', { value, event_public_id: event }, { as: 'operator' }), 201)
    await until('it is written', async () => (await controller.actuate()).heater_power === value)
  }
  const commands = (await site.get(`/commands?instance=${instance}`)).json<Page>()
  expect(commands).toMatchObject({ total: 0 })
  expect(await isOurs()).toBe(false)
})

test('changes hands: ours drives it soon after it was told to, and lets go when told otherwise', async () => {
  const change = async (driven_by: string) => expectSuccess(await site.put(`/plugins/${instance}`, { driven_by }), 200)
  await change('controller')
  await until('ours runs it', isOurs)
  await until('it runs as simulated drivers do', async () => (await shown()).status === 'demo')
  const before = (await untilStored(site, String(events.temp_reactor), 1)).length
  await untilStored(site, String(events.temp_reactor), before + 2)

  await change('external')
  await until('ours lets go', async () => !(await isOurs()))
  await controller.start('batch')
  await controller.sense({ temp_reactor: 24.5 })
  await until('the value stands', async () => (await latestOf(site, String(events.temp_reactor)))?.value === 24.5)
})
