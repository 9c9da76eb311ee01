import type { ChannelSettings, InstanceId } from '@webmacs/contracts'
import { until } from '@webmacs/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, type ApiSite, aProblem, type Call, startApiSite } from '../testing/api-site.ts'
import { aChannel, announceController, desiredInstances, report } from '../testing/controllers.ts'

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite()
  await announceController(site.bus)
  await until('the plugins are known', async () => (await send('GET', '/available')).body.length === 2)
})
afterAll(() => site[Symbol.asyncDispose]())

let lastNumber = 0
const send = (method: string, path: string, call: Call = {}): Promise<Answer> =>
  site.api.request(method, `/api/v1/plugins${path}`, call)

/** An instance of the simulated device, and its channels' mappings by id. */
async function aReactor() {
  lastNumber += 1
  const instance_name = `Reactor ${lastNumber}`
  const answer = await send('POST', '', { body: { plugin_id: 'simulated', instance_name } })
  const id: InstanceId = answer.body.public_id
  const channels: { channel_id: string; public_id: string }[] = (await send('GET', `/${id}/channels`)).body
  const mappingOf = (channel: string) => channels.find(({ channel_id }) => channel_id === channel)?.public_id
  const set = (channel: string, settings: unknown, headers: Record<string, string> = {}) =>
    send('PUT', `/${id}/channels/${mappingOf(channel)}`, { body: { settings }, headers })
  const settingsOf = async (channel: string): Promise<ChannelSettings> =>
    (await send('GET', `/${id}/channels`)).body.find(({ channel_id }: { channel_id: string }) => channel_id === channel)
      .settings
  return { id, instance_name, mappingOf, set, settingsOf }
}
const invalid = (field: string) =>
  aProblem('request.invalid', {
    status: 422,
    errors: expect.arrayContaining([expect.objectContaining({ field: `body.settings${field}` })]),
  })

test('sets how a channel is sampled and calibrated, notes it, raises the version and tells the controller', async () => {
  const { id, instance_name, mappingOf, set, settingsOf } = await aReactor()
  const before = (await send('GET', `/${id}`)).headers.get('etag')
  const settings = {
    ...{ interval_ms: 200, deadband: 0.5, max_silence_ms: 60_000 },
    calibration: { kind: 'linear', scale: 1.02, offset: -0.3 },
  }
  const answer = await set('temperature', settings)
  expect(answer.status).toBe(200)
  expect(answer.headers.get('etag')).not.toBe(before)
  expect(await settingsOf('temperature')).toEqual(settings)
  const told = async () => (await desiredInstances(site.bus)).get(instance_name)?.channels
  await until('its controller is told', async () => (await told())?.[0]?.settings.interval_ms === 200)
  expect((await set('temperature', settings)).headers.get('etag')).toBe(answer.headers.get('etag'))
  const entries = await site.db.db
    .selectFrom('audit_log')
    .select(['before', 'after', 'user_id'])
    .where('entity_id', '=', mappingOf('temperature') ?? '')
    .execute()
  expect(entries).toMatchObject([{ before: { settings: {} }, after: { settings }, user_id: expect.any(Number) }])
  await set('temperature', { deadband: 1 })
  expect(await settingsOf('temperature')).toEqual({ deadband: 1 })
})

test('keeps settings when the event is changed, and the event when settings are', async () => {
  const { id, mappingOf, set, settingsOf } = await aReactor()
  await set('temperature', { deadband: 1 })
  const path = `/${id}/channels/${mappingOf('temperature')}`
  await send('PUT', path, { body: { event_public_id: null } })
  expect(await settingsOf('temperature')).toEqual({ deadband: 1 })
  await set('temperature', {})
  expect((await send('GET', `/${id}/channels`)).body[0]).toMatchObject({ event_public_id: null, settings: {} })
})

test.each([
  ['temperature', '.output', { output: { max: 5 } }],
  ['temperature', '.calibration.points.1.measured', { calibration: aTable(1, 1) }],
  ['temperature', '.calibration.coefficients', { calibration: { kind: 'polynomial', coefficients: [1] } }],
  ['temperature', '.interval_ms', { interval_ms: 1 }],
  ['temperature', '.deadband', { deadband: -1 }],
  ['temperature', '.unheard', { unheard: 1 }],
  ['temperature', '', null],
  ['heater', '.output.max', { output: { max: 101 } }],
  ['heater', '.output.max', { output: { min: 50, max: 40 } }],
  ['heater', '.output.safe_value', { output: { max: 40, safe_value: 41 } }],
  ['heater', '.output.grace_ms', { output: { grace_ms: -1 } }],
])('refuses of %s, and names %s of %j', async (channel, field, settings) => {
  const { set, settingsOf } = await aReactor()
  expect((await set(channel, settings)).body).toEqual(invalid(field))
  expect(await settingsOf(channel)).toEqual({})
})

test('refuses a number that is none in a polynomial', async () => {
  const { id, mappingOf } = await aReactor()
  const body = '{"settings":{"calibration":{"kind":"polynomial","coefficients":[0,1e999]}}}'
  const answer = await send('PUT', `/${id}/channels/${mappingOf('temperature')}`, { body })
  expect(answer.body).toEqual(invalid('.calibration.coefficients.1'))
})

test('measures the limits of an output by the range that its device reports', async () => {
  const { id, set } = await aReactor()
  expect((await set('heater', { output: { max: 80 } })).status).toBe(200)
  await report(site.bus, id, { channels: [aChannel({ id: 'heater', direction: 'output', max_value: 60 })] })
  await until('the range shows', async () => (await set('heater', { output: { max: 80 } })).status === 200)
  await until('it is known', async () => (await set('heater', { output: { max: 79 } })).status === 422)
})

test('takes settings with a new mapping, by the same rules', async () => {
  const { id } = await aReactor()
  const body = { channel_id: 'own', channel_name: 'Own', unit: 'x', direction: 'output' }
  const wrong = { body: { ...body, settings: { output: { min: 2, max: 1 } } } }
  expect((await send('POST', `/${id}/channels`, wrong)).body).toEqual(invalid('.output.max'))
  const settings = { output: { max: 1e6, safe_value: null } }
  expect((await send('POST', `/${id}/channels`, { body: { ...body, settings } })).status).toBe(201)
  expect((await send('GET', `/${id}/channels`)).body.at(-1).settings).toEqual(settings)
})

test('lets one of two admins set a channel that both have read', async () => {
  const { id, set } = await aReactor()
  const tag = { 'if-match': (await send('GET', `/${id}`)).headers.get('etag') ?? '' }
  const answers = await Promise.all([set('heater', { deadband: 1 }, tag), set('heater', { deadband: 2 }, tag)])
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412])
})

test('refuses settings that would not fit into what the controller is told', async () => {
  const { id } = await aReactor()
  const settings = { calibration: aTable(...Array.from({ length: 1000 }, (_, index) => index + 1 / 3)) }
  const map = (channel_id: number) =>
    send('POST', `/${id}/channels`, {
      body: { channel_id: `c${channel_id}`, channel_name: 'C', unit: 'x', direction: 'input', settings },
    })
  const statuses: number[] = []
  for (let channel = 0; channel < 8; channel++) statuses.push((await map(channel)).status)
  expect(statuses[0]).toBe(201)
  expect(statuses.at(-1)).toBe(422)
  expect((await map(9)).body).toEqual(invalid(''))
})

function aTable(...measured: number[]) {
  return { kind: 'table', points: measured.map((value) => ({ measured: value, reference: value })) }
}
