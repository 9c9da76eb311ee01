import {
  AppError,
  type DescribeRequest,
  type PluginInstance,
  type TestReply,
  type TestRequest,
} from '@webmacs/contracts'
import { until } from '@webmacs/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, type ApiSite, aProblem, type Call, startApiSite } from '../testing/api-site.ts'
import {
  aChannel,
  aDriver,
  announceController,
  answerAsController,
  desiredInstances,
  report,
} from '../testing/controllers.ts'

const pressure = aChannel({ id: 'pressure', name: 'Pressure', unit: 'bar', max_value: 16 })
const valve = aChannel({
  id: 'valve',
  name: 'Valve',
  direction: 'output',
  unit: 'bool',
  max_value: 1,
  data_type: 'bool',
})
const plc = aDriver({
  id: 'plc',
  name: 'PLC',
  protocol: 'modbus',
  tags: ['industrial'],
  config_schema: {
    type: 'object',
    required: ['host'],
    properties: {
      host: { type: 'string', minLength: 1 },
      port: { type: 'integer', minimum: 1, maximum: 65_535, default: 502 },
      password: { type: 'string' },
      channels: { type: 'integer' },
    },
  },
})

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite()
  await announceController(site.bus, 'annex', [plc])
  await announceController(site.bus, 'local', [plc])
  await until('the plugins are known', async () => (await send('GET', '/available')).body.length === 3)
})
afterAll(() => site[Symbol.asyncDispose]())

let lastNumber = 0
const aName = (): string => `Rig ${++lastNumber}`
const send = (method: string, path: string, call: Call = {}): Promise<Answer> =>
  site.api.request(method, `/api/v1/plugins${path}`, call)
const text = (config: object): string => JSON.stringify(config)
const create = (body: object): Promise<Answer> =>
  send('POST', '', { body: { plugin_id: 'plc', instance_name: aName(), ...body } })
const created = async (body: object): Promise<string> => {
  const answer = await create(body)
  expect(answer.body).toMatchObject({ status: 'success' })
  return answer.body.public_id
}
const read = async (id: string): Promise<PluginInstance> => (await send('GET', `/${id}`)).body
const channelsOf = async (id: string) => (await read(id)).channel_mappings.map(({ channel_id }) => channel_id)
const refused = (...fields: string[]) =>
  aProblem('request.invalid', {
    status: 422,
    errors: fields.map((field) => expect.objectContaining({ field: `body.config_json${field}` })),
  })

/** Answers what the test is about, and keeps what was asked. */
async function aController(reply: Partial<TestReply> = {}) {
  const asked: (DescribeRequest | TestRequest)[] = []
  const channels = [pressure, valve]
  const answers = await answerAsController(site.bus, {
    describe: (question) => {
      asked.push(question)
      return { channels: question.config.channels === 1 ? [pressure] : channels }
    },
    test: (question) => {
      asked.push(question)
      return { ok: true, message: null, channels, values: [], duration_ms: 12, ...reply }
    },
  })
  return { asked, [Symbol.asyncDispose]: () => answers[Symbol.asyncDispose]() }
}

test('shows a plugin with its schema, its channels and the controllers that have it', async () => {
  expect((await send('GET', '/available/plc', { as: 'viewer' })).body).toEqual({
    ...{ id: 'plc', name: 'PLC', version: '3.0.0', vendor: 'WebMACS', description: 'Bundled', url: '' },
    ...{ protocol: 'modbus', tags: ['industrial'], package_name: '@webmacs/plugins', package_version: '3.0.0' },
    ...{ controllers: ['annex', 'local'], config_schema: plc.config_schema, channels: [] },
  })
  expect((await send('GET', '/available/nonsense')).body).toEqual(aProblem('plugin.unknown', { status: 404 }))
})

test.each([
  ['.host', null],
  ['.host', text({ port: 502 })],
  ['.host', text({ host: '' })],
  ['.port', text({ host: 'a', port: 65_536 })],
  ['.password', text({ host: 'a', password: 5 })],
])('refuses a configuration that breaks the rules of its driver, and names %s of %s', async (field, config_json) => {
  expect((await create({ config_json })).body).toEqual(refused(field))
})

test('takes no configuration at all only in demo mode, and asks for it when that ends', async () => {
  const id = await created({ demo_mode: true })
  expect((await send('PUT', `/${id}`, { body: { demo_mode: false } })).body).toEqual(refused('.host'))
  const body = { demo_mode: false, config_json: text({ host: 'a' }) }
  expect((await send('PUT', `/${id}`, { body })).status).toBe(200)
  expect((await send('PUT', `/${id}`, { body: { config_json: text({ host: 7 }) } })).body).toEqual(refused('.host'))
  expect(await read(id)).toMatchObject(body)
})

test('gives an instance the channels that its driver has under its configuration', async () => {
  await using controller = await aController()
  const config = { host: 'plc-1', channels: 1 }
  const id = await created({ config_json: text(config) })
  expect(controller.asked).toEqual([{ plugin: 'plc', config }])
  expect(await channelsOf(id)).toEqual(['pressure'])
  await send('PUT', `/${id}`, { body: { config_json: text({ ...config, channels: 2 }) } })
  expect(await channelsOf(id)).toEqual(['pressure', 'valve'])
  const [, mapping] = (await read(id)).channel_mappings
  const event = (await site.api.get(`/api/v1/events/${mapping?.event_public_id}`)).body
  expect(event).toMatchObject({ type: 'actuator', unit: 'bool', min_value: 0, max_value: 1 })
  await send('PUT', `/${id}`, { body: { config_json: text(config) } })
  expect(await channelsOf(id)).toEqual(['pressure', 'valve'])
})

test('notes new channels with the change that brought them, without secrets', async () => {
  await using _controller = await aController()
  const config = { host: 'plc-1', channels: 1, password: 'hunter2' }
  const id = await created({ config_json: text(config) })
  await send('PUT', `/${id}`, { body: { config_json: text({ ...config, channels: 2, password: '[secret]' }) } })
  const entries = await site.db.db
    .selectFrom('audit_log')
    .select(['action', 'after'])
    .where('entity_id', '=', id)
    .orderBy('id')
    .execute()
  const shown = { ...config, password: '[secret]' }
  expect(entries).toMatchObject([
    { action: 'created', after: { config: shown, driven_by: 'controller', interval_ms: 1000 } },
    { action: 'updated', after: { config: { ...shown, channels: 2 }, channels: [{ channel_id: 'valve' }] } },
  ])
  const { instance_name } = await read(id)
  await until('the controller is told the secret as it is', async () => {
    const desired = (await desiredInstances(site.bus)).get(instance_name)
    return desired?.config.password === 'hunter2' && desired.config.channels === 2
  })
  expect(JSON.stringify([entries, site.api.logged])).not.toContain('hunter2')
})

test('passes on why a driver refuses a configuration that its schema takes', async () => {
  const describe = () => {
    throw new AppError('request.invalid', { detail: 'register 7 is there twice.' })
  }
  await using _answers = await answerAsController(site.bus, { describe })
  const answer = await create({ config_json: text({ host: 'a' }) })
  expect(answer.body).toEqual({ ...refused(''), detail: 'register 7 is there twice.' })
})

test('makes and changes an instance while nobody says what channels it has', async () => {
  const answer = await create({ config_json: text({ host: 'a' }) })
  expect(answer.status).toBe(201)
  expect(answer.body.message).toMatch('has not said yet which channels it has')
  const id = answer.body.public_id
  expect((await send('PUT', `/${id}`, { body: { config_json: text({ host: 'b' }) } })).status).toBe(200)
  expect(await read(id)).toMatchObject({ config_json: text({ host: 'b' }), channel_mappings: [] })
})

test('lets one of two admins change what both have read', async () => {
  await using _controller = await aController()
  const id = await created({ config_json: text({ host: 'a', channels: 1 }) })
  const tag = (await send('GET', `/${id}`)).headers.get('etag') ?? ''
  const change = (host: string) =>
    send('PUT', `/${id}`, { body: { config_json: text({ host }) }, headers: { 'if-match': tag } })
  const answers = await Promise.all([change('b'), change('c')])
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412])
  const winner = answers[0].status === 200 ? 'b' : 'c'
  expect(await read(id)).toMatchObject({ config_json: text({ host: winner }), channel_mappings: [{}, {}] })
})

test('tests a device with what is not saved, and with secrets that are', async () => {
  await using controller = await aController({ ok: false, message: 'connect ECONNREFUSED 10.0.0.7:502' })
  const id = await created({ config_json: text({ host: 'a', password: 'hunter2' }) })
  const config_json = text({ host: 'b', password: '[secret]' })
  const answer = await send('POST', '/test', { body: { plugin_id: 'plc', config_json, instance_public_id: id } })
  expect(answer.status).toBe(200)
  expect(answer.body).toEqual({
    ...{ ok: false, message: 'connect ECONNREFUSED 10.0.0.7:502', values: [], duration_ms: 12 },
    channels: [pressure, valve],
  })
  expect(controller.asked.at(-1)).toEqual({
    plugin: 'plc',
    config: { host: 'b', password: 'hunter2' },
    demo_mode: false,
  })
})

test('refuses tests that cannot be made, each with its reason', async () => {
  const id = await created({ config_json: text({ host: 'a', password: 'x' }) })
  const attempt = async (body: object) => (await send('POST', '/test', { body: { plugin_id: 'plc', ...body } })).body
  const config_json = text({ host: 'b', password: '[secret]' })
  expect(await attempt({ plugin_id: 'nonsense' })).toEqual(aProblem('plugin.unknown', { status: 404 }))
  expect(await attempt({ config_json: text({ port: 'x' }) })).toEqual(refused('.host', '.port'))
  expect(await attempt({ config_json })).toEqual(refused('.password'))
  const unknown = { config_json, instance_public_id: 'plg_000000000000' }
  expect(await attempt(unknown)).toEqual(aProblem('plugin.unknown', { status: 404 }))
  const foreign = { plugin_id: 'system', config_json, instance_public_id: id }
  expect(await attempt(foreign)).toMatchObject({ errors: [{ field: 'body.instance_public_id' }] })
  expect(await attempt({ config_json: text({ host: 'b' }) })).toEqual(aProblem('controller.away', { status: 504 }))
  const asViewer = await send('POST', '/test', { as: 'viewer', body: { plugin_id: 'plc' } })
  expect(asViewer.status).toBe(403)
})

test('shows what all channels of an instance show, also of those that have not been read', async () => {
  const id = await created({ config_json: text({ host: 'a' }) })
  const { public_id } = await read(id)
  const value = { channel_id: 'pressure', value: 4.2, quality: [], time: '2026-11-23T16:12:13.408444Z' }
  await using _answers = await answerAsController(site.bus, {
    values: ({ instance }) => ({ values: instance === public_id ? [value] : [], overruns: 3 }),
  })
  await report(site.bus, public_id, { channels: [pressure, valve] })
  await until('its channels are known', async () => (await channelsOf(id)).length === 2)
  expect((await send('GET', `/${id}/values`, { as: 'viewer' })).body).toEqual({
    channels: [
      { ...pressure, ...value },
      { ...valve, channel_id: 'valve', value: null, quality: ['bad'], time: null },
    ],
    overruns: 3,
  })
})

test('says why an instance shows nothing', async () => {
  const valuesOf = async (id: string) => (await send('GET', `/${id}/values`)).body
  const config_json = text({ host: 'a' })
  expect(await valuesOf('plg_000000000000')).toEqual(aProblem('plugin.unknown', { status: 404 }))
  expect(await valuesOf(await created({ config_json }))).toEqual(aProblem('controller.away', { status: 504 }))
  const notRunning = (reason: RegExp) =>
    aProblem('plugin.not-running', { status: 409, detail: expect.stringMatching(reason) })
  expect(await valuesOf(await created({ config_json, enabled: false }))).toEqual(notRunning(/disabled/))
  expect(await valuesOf(await created({ config_json, driven_by: 'external' }))).toEqual(notRunning(/somebody else/))
})

test('tells its controller who drives an instance and how often it is sampled', async () => {
  const id = await created({ config_json: text({ host: 'a' }), interval_ms: 250 })
  const { instance_name } = await read(id)
  const desired = async () => (await desiredInstances(site.bus)).get(instance_name)
  await until('it runs', async () => (await desired())?.interval_ms === 250)
  await send('PUT', `/${id}`, { body: { interval_ms: 500 } })
  await until('it is sampled less often', async () => (await desired())?.interval_ms === 500)
  await send('PUT', `/${id}`, { body: { driven_by: 'external' } })
  await until('the controller lets go of it', async () => (await desired()) === undefined)
  expect(await read(id)).toMatchObject({ driven_by: 'external', interval_ms: 500, status: 'inactive' })
  await send('PUT', `/${id}`, { body: { driven_by: 'controller' } })
  await until('the controller has it again', desired)
  for (const wrong of [{ interval_ms: 9 }, { interval_ms: null }, { driven_by: 'nobody' }])
    expect((await send('PUT', `/${id}`, { body: wrong })).body).toMatchObject({
      code: 'request.invalid',
      errors: [{ field: `body.${Object.keys(wrong)[0]}` }],
    })
})

test('shows within two seconds how an instance has become', async () => {
  const id = await created({ config_json: text({ host: 'a' }) })
  const { public_id } = await read(id)
  for (const [status, error_message] of [
    ['demo', null],
    ['connected', null],
    ['error', 'no such device'],
    ['inactive', null],
  ] as const) {
    await report(site.bus, public_id, { status, error_message })
    const isShown = async () => (await read(id)).status === status && (await read(id)).error_message === error_message
    await until(`it is ${status}`, isShown, { timeoutMs: 2000 })
  }
})
