import { openBucket } from '@webmacs/bus'
import {
  controllerKeys,
  DesiredValveCycle,
  type EventType,
  formatTime,
  newId,
  nowMicros,
  ReportedValveCycle,
} from '@webmacs/contracts'
import { until } from '@webmacs/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ApiSite, aProblem, startApiSite, type TestApi } from '../testing/api-site.ts'
import { anOutput, type TestOutput } from '../testing/outputs.ts'
import { publishedReadings } from '../testing/published-readings.ts'

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite()
})
afterAll(() => site[Symbol.asyncDispose]())
/** Each test begins with no cycle and no event that could have a part in one. */
beforeEach(async () => {
  await put({ enabled: false })
  await site.db.db
    .updateTable('events')
    .set({ retired_on: formatTime(nowMicros()) })
    .where('retired_on', 'is', null)
    .execute()
})

const bucketName = () => site.bus.bus.names.buckets.controllers
const NONE = { button_event: null, open_time_event: null, close_time_event: null, valve_event: null }
const put = (body: object, as: 'admin' | 'operator' = 'admin') =>
  site.api.request('PUT', '/api/v1/valve-cycle', { as, body: { enabled: true, ...NONE, ...body } })
const get = async (api = site.api) => (await api.get('/api/v1/valve-cycle', { as: 'viewer' })).body
const post = (event: string, value: number) =>
  site.api.request('POST', '/api/v1/datapoints', { as: 'operator', body: { event_public_id: event, value } })
const told = async ({ controller }: TestOutput): Promise<DesiredValveCycle | undefined> =>
  (await openBucket(site.bus.bus, bucketName(), DesiredValveCycle)).get(controllerKeys.cycle(controller))
const report = async ({ controller }: TestOutput, state: ReportedValveCycle): Promise<void> =>
  (await openBucket(site.bus.bus, bucketName(), ReportedValveCycle)).put(controllerKeys.cycleState(controller), state)

async function anEventOf(type: EventType): Promise<string> {
  const body = { name: newId('evt'), min_value: 0, max_value: 100, unit: 's', type }
  return (await site.api.request('POST', '/api/v1/events', { body })).body.public_id
}

/** The three events that people set, and a valve. */
async function aPlant() {
  const [button, opened, closed] = [
    await anEventOf('cmd_button'),
    await anEventOf('cmd_opened'),
    await anEventOf('cmd_closed'),
  ]
  return { button, opened, closed, valve: await anOutput(site.db) }
}

test('finds the events by their types, and tells the controller that drives the valve', async () => {
  const { button, opened, closed, valve } = await aPlant()
  expect((await put({ valve_event: valve.event.id })).status).toBe(200)
  const cycle = await until('it is told', () => told(valve), { timeoutMs: 5000 })
  expect(cycle).toMatchObject({
    ...{ button, opened, closed, open_seconds: null, close_seconds: null },
    valve: { event: valve.event.id, instance: valve.instance, channel: 'heater' },
  })
  const settings = { ...NONE, enabled: true, valve_event: valve.event.id, since: null }
  expect(await get()).toEqual({
    ...settings,
    state: 'unusable',
    error_message: `The controller '${valve.controller}' has not taken the cycle over yet.`,
  })
  const since = formatTime(nowMicros())
  await report(valve, { phase: 'open', since, error_message: null })
  await until('its state is shown', async () => (await get()).state === 'open')
  expect(await get()).toEqual({ ...settings, state: 'open', since, error_message: null })

  expect((await put({ enabled: false })).status).toBe(200)
  await until('it is taken back', async () => (await told(valve)) === undefined)
  expect(await get()).toMatchObject({ state: 'off', error_message: null })
})

test('takes values for the events of a cycle that no channel has, and renews the times with them', async () => {
  const { button, opened, closed, valve } = await aPlant()
  expect((await post(button, 1)).body).toEqual(aProblem('event.not-linked'))
  await put({ valve_event: valve.event.id })
  await until('it is told', () => told(valve))
  expect((await post(opened, 2.5)).status).toBe(201)
  expect((await post(closed, 4)).status).toBe(201)
  expect((await post(button, 1)).status).toBe(201)
  expect(await publishedReadings(site.bus, button as never)).toHaveLength(1)
  await until('the times are told', async () => {
    const cycle = await told(valve)
    return cycle?.open_seconds === 2.5 && cycle.close_seconds === 4 && cycle.open_seconds_time !== null
  })
  await put({ enabled: false })
  expect((await post(button, 1)).body).toEqual(aProblem('event.not-linked'))
})

test.each<[string, (plant: Awaited<ReturnType<typeof aPlant>>) => Promise<object>, RegExp]>([
  ['no valve', async () => ({}), /No event is named as the valve/],
  [
    'a valve that no channel has',
    async () => ({ valve_event: await anEventOf('actuator') }),
    /is not linked to a channel/,
  ],
  [
    'a valve of a disabled instance',
    async () => ({ valve_event: (await anOutput(site.db, { enabled: false })).event.id }),
    /is disabled/,
  ],
  [
    'a valve that is an input',
    async () => ({ valve_event: (await anOutput(site.db, { direction: 'input' })).event.id }),
    /fed by an input/,
  ],
  [
    'a valve that somebody else drives',
    async () => ({ valve_event: (await anOutput(site.db, { drivenBy: 'external' })).event.id }),
    /driven from outside/,
  ],
  [
    'two buttons',
    async ({ valve }) => ({ valve_event: valve.event.id, made: await anEventOf('cmd_button') }),
    /There are 2 events of type cmd_button/,
  ],
  [
    'one event in two parts',
    async ({ valve, button }) => ({ valve_event: valve.event.id, open_time_event: button }),
    /four different events/,
  ],
])('refuses a cycle with %s', async (_, settings, detail) => {
  const wanted = await settings(await aPlant())
  expect((await put(wanted)).body).toEqual(
    aProblem('cycle.unusable', { status: 409, detail: expect.stringMatching(detail) }),
  )
  expect(await get()).toMatchObject({ state: 'off' })
})

test('refuses an event that does not exist, also for a cycle that is off', async () => {
  const { body } = await put({ enabled: false, button_event: newId('evt') })
  expect(body).toEqual(aProblem('event.unknown', { status: 404 }))
})

test('says what has gone missing, and takes the cycle back from its controller', async () => {
  const { opened, valve } = await aPlant()
  await put({ valve_event: valve.event.id })
  await until('it is told', () => told(valve))
  await site.api.request('DELETE', `/api/v1/events/${opened}`)
  await until('it is taken back', async () => (await told(valve)) === undefined)
  expect(await get()).toMatchObject({
    state: 'unusable',
    error_message: 'There is no event of type cmd_opened for the open time.',
  })
})

test('lets admins set it up, and writes down who did', async () => {
  const { valve } = await aPlant()
  expect((await put({ valve_event: valve.event.id }, 'operator')).status).toBe(403)
  await put({ valve_event: valve.event.id })
  const { data } = (await site.api.get('/api/v1/audit?entity=valve_cycle')).body
  expect(data[0]).toMatchObject({
    action: 'updated',
    before: { enabled: false },
    after: { enabled: true, valve_event: valve.event.id },
  })
})

test('writes why a cycle ended early into the log once, though two instances hear of it', async () => {
  const { valve } = await aPlant()
  const other: TestApi = await site.startApi()
  await put({ valve_event: valve.event.id })
  const error_message = 'The valve could not be closed: The device has 0.4.'
  await report(valve, { phase: 'idle', since: formatTime(nowMicros()), error_message })
  const entries = async (): Promise<{ logging_type: string }[]> =>
    (await site.api.get('/api/v1/logging?page_size=100')).body.data.filter(({ content }: { content: string }) =>
      content.includes(error_message),
    )
  await until('it is written', async () => (await entries()).length > 0)
  await until('the other has heard of it', async () => (await get(other)).error_message === error_message)
  await other[Symbol.asyncDispose]() // it writes to the end
  expect(await entries()).toEqual([expect.objectContaining({ logging_type: 'error' })])
})

test('is on with the valve of WEBMACS_RULE_EVENT_ID until somebody sets it up', async () => {
  await using fresh = await startApiSite()
  const valve = await anOutput(fresh.db)
  const api = await fresh.startApi({ WEBMACS_RULE_EVENT_ID: valve.event.id })
  expect(await get(api)).toMatchObject({
    enabled: true,
    valve_event: valve.event.id,
    state: 'unusable',
    error_message: 'There is no event of type cmd_button for the button.',
  })
  await api.request('PUT', '/api/v1/valve-cycle', { body: { enabled: false, ...NONE } })
  expect(await get(api)).toMatchObject({ enabled: false, valve_event: null, state: 'off' })
})
