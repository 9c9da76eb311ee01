import type { ChannelDescription, InstanceId, PluginInstance } from '@webmacs/contracts'
import { until } from '@webmacs/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, type ApiSite, type Call, startApiSite } from '../testing/api-site.ts'
import { aChannel, aDriver, announceController, report } from '../testing/controllers.ts'

const flow = aChannel({ id: 'flow', name: 'Flow', unit: 'm³/h' })
const level = aChannel({ id: 'level', name: 'Level', unit: 'mm' })

/** Two instances of the service hear every report. */
let site: ApiSite
beforeAll(async () => {
  site = await startApiSite()
  await site.startApi()
  await announceController(site.bus)
  await until('the plugins are known', async () => (await send('GET', '/available')).body.length === 2)
})
afterAll(() => site[Symbol.asyncDispose]())

let lastNumber = 0
const send = (method: string, path: string, call: Call = {}): Promise<Answer> =>
  site.api.request(method, `/api/v1/plugins${path}`, call)
async function anInstance(body: object = {}): Promise<InstanceId> {
  lastNumber += 1
  const instance = { plugin_id: 'later', instance_name: `Rig ${lastNumber}`, ...body }
  return (await send('POST', '', { body: instance })).body.public_id
}
const read = async (id: InstanceId): Promise<PluginInstance> => (await send('GET', `/${id}`)).body
const tagOf = async (id: InstanceId) => (await send('GET', `/${id}`)).headers.get('etag')
const channelsOf = async (id: InstanceId) => (await read(id)).channel_mappings
const mapped = (id: InstanceId, ...expected: string[]) =>
  until(`${expected} are mapped`, async () => {
    const ids = (await channelsOf(id)).map(({ channel_id }) => channel_id)
    return ids.join() === expected.join()
  })
const hear = (id: InstanceId, ...channels: ChannelDescription[]) => report(site.bus, id, { channels })
/** What is reported later of another instance has been dealt with, and so has what was reported before. */
async function isDealtWith(): Promise<void> {
  const other = await anInstance()
  await hear(other, flow)
  await mapped(other, 'flow')
}

test('maps what a device turns out to have, with events, once and in one change', async () => {
  const id = await anInstance()
  await hear(id, flow, level)
  await mapped(id, 'flow', 'level')
  await hear(id, flow, level)
  await isDealtWith()
  const instance = await read(id)
  expect(instance.channel_mappings).toMatchObject([
    { channel_name: 'Flow', unit: 'm³/h', is_present: true },
    { channel_name: 'Level', unit: 'mm', is_present: true },
  ])
  const event = instance.channel_mappings[0]?.event_public_id
  expect((await site.api.get(`/api/v1/events/${event}`)).body).toMatchObject({
    ...{ name: `${instance.instance_name} – Flow`, type: 'sensor', unit: 'm³/h', max_value: 200 },
    user_public_id: site.users.admin.id,
  })
  const entries = await site.db.db
    .selectFrom('audit_log')
    .select(['action', 'user_id', 'after'])
    .where('entity_id', '=', id)
    .orderBy('id')
    .execute()
  expect(entries).toMatchObject([
    { action: 'created' },
    { action: 'updated', user_id: null, after: { channels: [{ channel_id: 'flow' }, { channel_id: 'level' }] } },
  ])
})

test('makes no events for later channels either, where none were wanted', async () => {
  const id = await anInstance({ auto_create_events: false })
  await hear(id, flow)
  await mapped(id, 'flow')
  expect((await channelsOf(id))[0]?.event_public_id).toBeNull()
})

test('keeps what has vanished, and says that it is not there', async () => {
  const id = await anInstance()
  await hear(id, flow, level)
  await mapped(id, 'flow', 'level')
  await hear(id, level)
  await until('it shows', async () => (await channelsOf(id))[0]?.is_present === false)
  expect(await channelsOf(id)).toMatchObject([{ is_present: false }, { is_present: true }])
})

test('follows name, unit and direction of a channel, and keeps its event', async () => {
  const id = await anInstance()
  await hear(id, flow)
  await mapped(id, 'flow')
  const [before] = await channelsOf(id)
  const tag = await tagOf(id)
  await hear(id, { ...flow, name: 'Feed', unit: 'l/min', direction: 'output' })
  await until('it shows', async () => (await channelsOf(id))[0]?.channel_name === 'Feed')
  expect(await channelsOf(id)).toEqual([{ ...before, channel_name: 'Feed', unit: 'l/min', direction: 'output' }])
  expect(await tagOf(id)).not.toBe(tag)
})

test('leaves a direction whose event another channel has already, and says so', async () => {
  const id = await anInstance()
  await hear(id, flow)
  await mapped(id, 'flow')
  const event = (await channelsOf(id))[0]?.event_public_id
  const other = { channel_id: 'o', channel_name: 'O', unit: 'x', direction: 'output', event_public_id: event }
  expect((await send('POST', `/${await anInstance()}/channels`, { body: other })).status).toBe(201)
  await hear(id, { ...flow, name: 'Feed', direction: 'output' })
  await until('the name shows', async () => (await channelsOf(id))[0]?.channel_name === 'Feed')
  expect(await channelsOf(id)).toMatchObject([{ direction: 'input', event_public_id: event }])
  await until('it is logged', () => site.api.logged.some((line) => line.event === 'channels.left'))
})

test('brings nothing back that somebody took out, until they map it again', async () => {
  const id = await anInstance()
  await hear(id, flow, level)
  await mapped(id, 'flow', 'level')
  const [first] = await channelsOf(id)
  await send('DELETE', `/${id}/channels/${first?.public_id}`)
  await hear(id, flow, { ...level, name: 'Height' })
  await until('the name shows', async () => (await channelsOf(id))[0]?.channel_name === 'Height')
  await isDealtWith()
  await mapped(id, 'level')
  const body = { channel_id: 'flow', channel_name: 'Mine', unit: 'x', direction: 'input' }
  await send('POST', `/${id}/channels`, { body })
  await hear(id, flow, level)
  await until('it follows the driver again', async () => (await channelsOf(id))[1]?.channel_name === 'Flow')
})

test('loses none of the channels that an admin maps and a controller reports at once', async () => {
  const id = await anInstance()
  const own = (channel_id: string) => ({ channel_id, channel_name: 'Mine', unit: 'x', direction: 'input' })
  const [answer] = await Promise.all([
    send('POST', `/${id}/channels`, { body: own('own') }),
    send('POST', `/${id}/channels`, { body: own('flow') }),
    hear(id, flow, level),
  ])
  expect(answer.status).toBe(201)
  await until('all are there', async () => (await channelsOf(id)).length === 3)
  await until('the driver names its own', async () =>
    (await channelsOf(id)).every(({ channel_id, channel_name }) => channel_id !== 'flow' || channel_name === 'Flow'),
  )
})

test('maps the channels of an instance that waited for its driver, though it does not run', async () => {
  const id = await anInstance({ plugin_id: 'awaited', enabled: false })
  expect(await channelsOf(id)).toEqual([])
  await announceController(site.bus, 'local', [aDriver({ id: 'awaited', channels: [flow, level] })])
  await mapped(id, 'flow', 'level')
  expect((await channelsOf(id))[0]?.event_public_id).toMatch(/^evt_/)
})

test('pays no heed to controllers that do not have the instance', async () => {
  const id = await anInstance()
  await report(site.bus, id, { channels: [flow] }, 'annex')
  await isDealtWith()
  expect(await channelsOf(id)).toEqual([])
})

test('goes on after a channel that cannot be kept', async () => {
  const id = await anInstance()
  await hear(id, { ...flow, name: 'a\u0000b' })
  await isDealtWith()
  await hear(id, flow)
  await mapped(id, 'flow')
})
