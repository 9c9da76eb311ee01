import type { Principal } from '@webmacs/auth/fastify'
import { type Change, newId, type PluginInstance } from '@webmacs/contracts'
import { until } from '@webmacs/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Broker } from '../broker.ts'
import { Changes } from '../changes/changes.ts'
import { LastValues } from '../datapoints/last-values.ts'
import { type Answer, type ApiSite, aProblem, type Call, startApiSite } from '../testing/api-site.ts'
import { aChannel, announceController, answerAsController } from '../testing/controllers.ts'
import { anEvent, storeReadings } from '../testing/stored-readings.ts'
import { ControllerStates } from './controller-states.ts'
import { createInstance } from './instance-changes.ts'

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite()
  await announceController(site.bus, 'annex')
  await announceController(site.bus)
  // Whatever the configuration says, this device measures the temperature of a CPU.
  await answerAsController(site.bus, { describe: () => ({ channels: [aChannel({ id: 'cpu', name: 'CPU' })] }) })
  await until('the plugins are known', async () => (await send('GET', '/available')).body.length === 2)
})
afterAll(() => site[Symbol.asyncDispose]())

let lastNumber = 0
const aName = (): string => `Rig ${++lastNumber}`
const send = (method: string, path: string, call: Call = {}): Promise<Answer> =>
  site.api.request(method, `/api/v1/plugins${path}`, call)
const create = (body: object = {}): Promise<Answer> =>
  send('POST', '', { body: { plugin_id: 'simulated', instance_name: aName(), ...body } })
const created = async (body: object = {}): Promise<string> => {
  const answer = await create(body)
  expect(answer.status).toBe(201)
  return answer.body.public_id
}
const read = async (id: string): Promise<PluginInstance> => (await send('GET', `/${id}`)).body
const update = (id: string, body: object, headers: Record<string, string> = {}): Promise<Answer> =>
  send('PUT', `/${id}`, { body, headers })
const eventNamed = (name: string) =>
  site.db.db.selectFrom('events').selectAll().where('name', '=', name).where('retired_on', 'is', null).execute()

test('creates an instance with a channel and an event for each that its driver describes', async () => {
  const name = aName()
  const answer = await create({ instance_name: name, demo_mode: true })
  expect(answer.body).toEqual({
    status: 'success',
    message: 'Plugin instance successfully created.',
    public_id: expect.stringMatching(/^plg_[0-9a-z]{12}$/),
  })
  const instance = await read(answer.body.public_id)
  expect(instance).toMatchObject({
    ...{ plugin_id: 'simulated', instance_name: name, demo_mode: true, enabled: true, status: 'inactive' },
    ...{ config_json: null, error_message: null, user_public_id: site.users.admin.id },
  })
  expect(instance.channel_mappings.map(({ channel_id, direction, unit }) => [channel_id, direction, unit])).toEqual([
    ['temperature', 'input', '°C'],
    ['valve', 'output', 'bool'],
    ['heater', 'output', '%'],
  ])
  const event = instance.channel_mappings[0]?.event_public_id
  expect((await site.api.get(`/api/v1/events/${event}`)).body).toEqual({
    public_id: event,
    ...{ name: `${name} – Temperature`, type: 'sensor', unit: '°C', min_value: 0, max_value: 200 },
    user_public_id: site.users.admin.id,
    ...{ description: null, area: null, tags: [], decimals: null, value_labels: null, expected_interval_seconds: null },
  })
})

test('runs it where its driver is, at the old place where several have it', async () => {
  const id = await created()
  const row = await site.db.db
    .selectFrom('plugin_instances')
    .innerJoin('controllers', 'controllers.id', 'controller_id')
    .select('controllers.name')
    .where('public_id', '=', id as never)
    .executeTakeFirst()
  expect(row).toEqual({ name: 'local' })
})

test('creates an instance of a driver that nobody has yet, and says so', async () => {
  const answer = await create({ plugin_id: 'modbus' })
  expect(answer.status).toBe(201)
  expect(answer.body.message).toMatch("No controller has the plugin 'modbus' yet")
  expect((await read(answer.body.public_id)).channel_mappings).toEqual([])
})

test('makes no events where none are wanted', async () => {
  const name = aName()
  const instance = await read(await created({ instance_name: name, auto_create_events: false }))
  expect(instance.channel_mappings.map(({ event_public_id }) => event_public_id)).toEqual([null, null, null])
  expect(await eventNamed(`${name} – Temperature`)).toEqual([])
})

test('uses an event that has the name already, unless another channel has it', async () => {
  const name = aName()
  const body = { name: `${name} – Temperature`, min_value: -5, max_value: 5, unit: 'K', type: 'range' }
  const own = (await site.api.request('POST', '/api/v1/events', { body })).body.public_id
  const valve = (await site.api.request('POST', '/api/v1/events', { body: { ...body, name: `${name} – Valve` } })).body
  const elsewhere = await created({ auto_create_events: false })
  const channel = { channel_id: 'x', channel_name: 'X', unit: 'x', direction: 'output' }
  await send('POST', `/${elsewhere}/channels`, { body: { ...channel, event_public_id: valve.public_id } })

  const answer = await create({ instance_name: name })
  expect(answer.status).toBe(201)
  expect(answer.body.message).toMatch(/used as they are: 1\. Without an event, .*: Valve\.$/)
  const { channel_mappings } = await read(answer.body.public_id)
  expect(channel_mappings.map(({ event_public_id }) => event_public_id)).toEqual([
    own,
    null,
    expect.stringMatching(/^evt_/),
  ])
  expect((await site.api.get(`/api/v1/events/${own}`)).body).toMatchObject(body)
})

test('links an input to an event that an output has, for one event is read and set', async () => {
  const name = aName()
  const body = { name: `${name} – Temperature`, min_value: 0, max_value: 1, unit: 'K', type: 'range' }
  const event = (await site.api.request('POST', '/api/v1/events', { body })).body.public_id
  const elsewhere = await created({ auto_create_events: false })
  const channel = { channel_id: 'x', channel_name: 'X', unit: 'x', direction: 'output', event_public_id: event }
  await send('POST', `/${elsewhere}/channels`, { body: channel })
  expect((await read(await created({ instance_name: name }))).channel_mappings[0]?.event_public_id).toBe(event)
})

test('refuses a name that is taken, and lets one of many racing creates win', async () => {
  const name = aName()
  const answers = await Promise.all(Array.from({ length: 6 }, () => create({ instance_name: name })))
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409, 409, 409])
  expect(answers.find(({ status }) => status === 409)?.body).toEqual(
    aProblem('plugin.exists', { detail: `Plugin instance '${name}' already exists.` }),
  )
  expect(await eventNamed(`${name} – Temperature`)).toHaveLength(1)
  expect((await update(await created(), { instance_name: name })).status).toBe(409)
})

test.each([
  ['plugin_id', ''],
  ['plugin_id', 'x'.repeat(101)],
  ['instance_name', ' '],
  ['instance_name', 'x'.repeat(256)],
  ['instance_name', null],
  ['demo_mode', null],
  ['enabled', 'yes'],
  ['config_json', {}],
  ['config_json', 'host: 10.0.0.7'],
  ['config_json', '[1]'],
  ['config_json', '{"a":"\\u0000"}'],
])('refuses %s = %j and names it, new and changed', async (field, value) => {
  const refused = aProblem('request.invalid', {
    status: 422,
    errors: expect.arrayContaining([expect.objectContaining({ field: `body.${field}` })]),
  })
  expect((await create({ [field]: value })).body).toEqual(refused)
  if (field !== 'plugin_id') expect((await update(await created(), { [field]: value })).body).toEqual(refused)
})

test('refuses a name that is too long for the names of its events, but not without events', async () => {
  const instance_name = `${'x'.repeat(240)} ${aName()}`
  expect((await create({ instance_name })).body).toEqual(
    aProblem('request.invalid', { errors: [expect.objectContaining({ field: 'body.instance_name' })] }),
  )
  await created({ instance_name, auto_create_events: false })
})

test('keeps the configuration and gives it back as text', async () => {
  const id = await created({ config_json: '{ "host": "10.0.0.7" }' })
  expect((await read(id)).config_json).toBe('{"host":"10.0.0.7"}')
  await update(id, { config_json: '{"port":502}' })
  expect((await read(id)).config_json).toBe('{"port":502}')
  await update(id, { config_json: null })
  expect((await read(id)).config_json).toBeNull()
})

test('changes what is named and leaves the rest; events keep their names', async () => {
  const id = await created()
  const before = await read(id)
  const instance_name = aName()
  const answer = await update(id, { instance_name, enabled: false })
  expect(answer.body).toEqual({ status: 'success', message: 'Plugin instance successfully updated.', public_id: id })
  expect(await read(id)).toEqual({ ...before, instance_name, enabled: false, updated_on: expect.any(String) })
  expect(await eventNamed(`${before.instance_name} – Temperature`)).toHaveLength(1)
})

test('refuses a change that was made for another version, and notes nothing when nothing changes', async () => {
  const id = await created()
  const tag = (await send('GET', `/${id}`)).headers.get('etag') ?? ''
  expect((await update(id, {}, { 'if-match': tag })).headers.get('etag')).toBe(tag)
  const answer = await update(id, { demo_mode: true }, { 'if-match': tag })
  expect(answer.headers.get('etag')).toBe((await send('GET', `/${id}`)).headers.get('etag'))
  for (const late of [
    await update(id, { demo_mode: false }, { 'if-match': tag }),
    await send('DELETE', `/${id}`, { headers: { 'if-match': tag } }),
  ]) {
    expect(late.body).toEqual(aProblem('request.precondition', { status: 412 }))
  }
})

test('deletes an instance with its mappings; events and what was measured stay', async () => {
  const id = await created()
  const { instance_name } = await read(id)
  const [event] = await eventNamed(`${instance_name} – Temperature`)
  const shared = await anEvent(site.db)
  const channel = { channel_id: 'x', channel_name: 'X', unit: 'x', direction: 'input', event_public_id: shared.id }
  await send('POST', `/${id}/channels`, { body: channel })
  await storeReadings(site.db, { id: newId('evt'), key: event?.id ?? 0 }, [{ time: Date.now() * 1000, value: 1 }])
  const answer = await send('DELETE', `/${id}`)
  expect(answer.body).toMatchObject({ status: 'success', public_id: id })
  expect((await send('GET', `/${id}`)).body).toEqual(
    aProblem('plugin.unknown', { status: 404, detail: `Plugin instance '${id}' not found.` }),
  )
  expect((await send('DELETE', `/${id}`)).status).toBe(404)
  expect((await site.api.get(`/api/v1/events/${shared.id}`)).status).toBe(200)
  expect(await eventNamed(`${instance_name} – Temperature`)).toMatchObject([{ retired_on: null }])
  const stored = await site.db.db
    .selectFrom('datapoints')
    .select('value')
    .where('event_id', '=', event?.id ?? 0)
    .execute()
  expect(stored).toEqual([{ value: 1 }])
  const again = await read(await created({ instance_name }))
  expect(again.channel_mappings[0]?.event_public_id).toBe(event?.public_id)
})

test('notes and tells who changed what, without secrets', async () => {
  const heard: Change[] = []
  const { bus } = site.bus
  const subscription = bus.nc.subscribe(bus.names.subjects.allChanges, {
    callback: (_err, message) => void heard.push(message.json()),
  })
  await bus.nc.flush()
  const ours = (): Change[] => heard.filter(({ by }) => by === site.users.admin.id)
  const id = await created({ plugin_id: 'system', config_json: '{"host":"a","password":"hunter2"}' })
  await update(id, { enabled: false })
  const { channel_mappings } = await read(id)
  await send('DELETE', `/${id}`)
  const entries = await site.db.db
    .selectFrom('audit_log')
    .select(['action', 'before', 'after'])
    .where('entity', '=', 'plugin_instance')
    .where('entity_id', '=', id)
    .orderBy('id')
    .execute()
  const config = { host: 'a', password: '[secret]' }
  const channels = [{ channel_id: 'cpu', event_public_id: channel_mappings[0]?.event_public_id }]
  expect(entries).toMatchObject([
    { action: 'created', before: null, after: { plugin_id: 'system', config, controller: 'local', channels } },
    { action: 'updated', before: { enabled: true, config }, after: { enabled: false } },
    { action: 'deleted', before: { enabled: false, config, channels }, after: null },
  ])
  expect(JSON.stringify(site.api.logged)).not.toContain('hunter2')
  await until('all are heard', () => ours().length === 4)
  expect(ours().map(({ entity, verb }) => `${entity}.${verb}`)).toEqual([
    'event.created',
    'plugin_instance.created',
    'plugin_instance.updated',
    'plugin_instance.deleted',
  ])
  subscription.unsubscribe()
})

test('makes nothing before it knows what controllers can run', async () => {
  const by: Principal = {
    id: site.users.admin.id,
    key: 3,
    role: 'admin',
    credential: { kind: 'api-token', id: newId('tok') },
  }
  const parts = {
    changes: new Changes(site.db.db),
    states: new ControllerStates(new LastValues()),
    broker: new Broker(),
  }
  const creating = createInstance(parts, { plugin_id: 'simulated', instance_name: aName() }, by)
  await expect(creating).rejects.toMatchObject({ code: 'broker.unavailable' })
})
