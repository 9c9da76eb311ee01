import { type Datapoint, encodeQuality, formatTime, type Micros, newId, nowMicros } from '@webmacs/contracts'
import { aFrame, until, valuesOf } from '@webmacs/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiSite, aProblem, startApiSite } from '../testing/api-site.ts'
import { anEvent, storeReadings, type TestEvent } from '../testing/stored-readings.ts'

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite()
})
afterAll(() => site[Symbol.asyncDispose]())

const SECOND: Micros = 1_000_000
const MINUTE: Micros = 60 * SECOND
const BAD = encodeQuality(['bad', 'sensor_fault'])
const SIMULATED = encodeQuality(['simulated'])

const list = async (query = ''): Promise<{ total: number; data: Datapoint[] }> =>
  (await site.api.get(`/api/v1/datapoints${query}`, { as: 'viewer' })).body
const latest = async (api = site.api): Promise<Datapoint[]> =>
  (await api.get('/api/v1/datapoints/latest', { as: 'viewer' })).body
const latestOf = async ({ id }: TestEvent, api = site.api): Promise<Datapoint | undefined> =>
  (await latest(api)).find(({ event_public_id }) => event_public_id === id)

/** An event that every instance knows: made through the API. */
async function aKnownEvent(): Promise<TestEvent> {
  const body = { name: newId('evt'), min_value: 0, max_value: 1, unit: 'x', type: 'sensor' }
  const id = (await site.api.request('POST', '/api/v1/events', { body })).body.public_id
  const { id: key } = await site.db.db
    .selectFrom('events')
    .select('id')
    .where('public_id', '=', id)
    .executeTakeFirstOrThrow()
  return { id, key }
}

async function anExperiment(startedOn: Micros, stoppedOn: Micros): Promise<string> {
  const id = newId('exp')
  await site.db.db
    .insertInto('experiments')
    .values({ public_id: id, name: id, started_on: formatTime(startedOn), stopped_on: formatTime(stoppedOn) })
    .execute()
  return id
}

test('lists datapoints newest first, page by page, each with its experiment', async () => {
  const [one, other] = [await anEvent(site.db), await anEvent(site.db)]
  const start = nowMicros() - 5 * MINUTE
  const at = (second: number): Micros => start + second * SECOND + 123_456
  await storeReadings(
    site.db,
    one,
    [0, 1, 2, 3].map((second) => ({ time: at(second), value: second, quality: SIMULATED })),
  )
  await storeReadings(site.db, other, [
    { time: at(1) + 1, value: 10.5 },
    { time: at(2) + 1, value: null, quality: BAD },
  ])
  const experiment = await anExperiment(at(1), at(2))

  const first = await list('?page_size=2')
  expect(first.total).toBe(5)
  expect(first.data.map(({ value }) => value)).toEqual([3, 2])
  const second = await list('?page=2&page_size=2')
  expect(second.data).toEqual([
    {
      public_id: expect.stringMatching(/^dp_/),
      value: 10.5,
      timestamp: formatTime(at(1) + 1),
      event_public_id: other.id,
      experiment_public_id: experiment,
    },
    {
      public_id: expect.stringMatching(/^dp_/),
      value: 1,
      timestamp: formatTime(at(1)),
      event_public_id: one.id,
      experiment_public_id: experiment,
      quality: ['simulated'],
    },
  ])
  expect((await list('?page=3&page_size=2')).data.map((point) => [point.value, point.experiment_public_id])).toEqual([
    [0, null],
  ])
  expect((await list('?page=4&page_size=2')).data).toEqual([])
})

test('finds a page that reaches far back', async () => {
  const event = await anEvent(site.db)
  const now = nowMicros()
  await storeReadings(site.db, event, [
    { time: now - 400 * 24 * 60 * MINUTE, value: -1 },
    { time: now, value: 1 },
  ])
  const { data } = await list('?page_size=100')
  expect(data.at(-1)?.value).toBe(-1)
})

test('reads one datapoint by its id', async () => {
  const event = await anEvent(site.db)
  await storeReadings(site.db, event, [{ time: nowMicros(), value: 0.1 }])
  const [newest] = (await list('?page_size=1')).data
  const { status, body } = await site.api.get(`/api/v1/datapoints/${newest?.public_id}`, { as: 'viewer' })
  expect(status).toBe(200)
  expect(body).toEqual(newest)
})

test.each(['nonsense', 'dp_000000000000_1', 'evt_000000000000'])('answers 404 for the datapoint %s', async (id) => {
  const { body } = await site.api.get(`/api/v1/datapoints/${id}`, { as: 'viewer' })
  expect(body).toEqual(aProblem('datapoint.unknown', { status: 404, detail: `Datapoint '${id}' not found.` }))
})

test('shows a reading as the latest value as soon as it is on the bus', async () => {
  const event = await aKnownEvent()
  const frame = aFrame({ values: valuesOf([[event.id, 23.5]]), quality: { [event.id]: ['simulated'] } as never })
  site.bus.bus.nc.publish(site.bus.bus.names.subjects.readings('lab-1'), JSON.stringify(frame))
  const point = await until('the value is shown', () => latestOf(event), { timeoutMs: 1000 })
  expect(point).toEqual({
    public_id: expect.stringMatching(/^dp_/),
    value: 23.5,
    timestamp: frame.time,
    event_public_id: event.id,
    experiment_public_id: null,
    quality: ['simulated'],
  })
})

test('gives each latest value the experiment that its time belongs to', async () => {
  const event = await aKnownEvent()
  const now = nowMicros()
  const experiment = await anExperiment(now - MINUTE, now + MINUTE)
  const frame = aFrame({ time: formatTime(now), values: valuesOf([[event.id, 1]]) })
  site.bus.bus.nc.publish(site.bus.bus.names.subjects.readings('lab-1'), JSON.stringify(frame))
  const point = await until('the value is shown', () => latestOf(event))
  expect(point.experiment_public_id).toBe(experiment)
})

test('shows the newest value whatever order readings come in, late ones included, bad ones not', async () => {
  const [event, marker] = [await aKnownEvent(), await aKnownEvent()]
  const { nc, names } = site.bus.bus
  const now = nowMicros()
  const send = (subject: string, time: Micros, values: ReturnType<typeof valuesOf>, quality?: object): void =>
    nc.publish(subject, JSON.stringify({ ...aFrame({ time: formatTime(time), values }), ...(quality && { quality }) }))
  const live = names.subjects.readings('lab-1')
  send(live, now - 3 * SECOND, valuesOf([[event.id, 3]]))
  send(names.subjects.backlog('lab-1'), now - 2 * SECOND, valuesOf([[event.id, 4]]))
  send(live, now - 4 * SECOND, valuesOf([[event.id, 2]]))
  send(live, now - SECOND, valuesOf([[event.id, 99]]), { [event.id]: ['bad', 'sensor_fault'] })
  send(live, now, valuesOf([[event.id, null]]), { [event.id]: ['bad'] })
  send(live, now + 48 * 60 * MINUTE, valuesOf([[event.id, 1000]]))
  nc.publish(live, 'no JSON')
  nc.publish(live, JSON.stringify({ ...aFrame({ values: valuesOf([[event.id, 77]]) }), seq: 'x' }))
  nc.publish(live, JSON.stringify([aFrame({ values: valuesOf([[marker.id, 1]]) })]))
  await until('the last message has arrived', () => latestOf(marker))
  expect((await latestOf(event))?.value).toBe(4)
})

test('drops a retired event from the latest values at every instance', async () => {
  const other = await site.startApi()
  const event = await aKnownEvent()
  const frame = aFrame({ values: valuesOf([[event.id, 1]]) })
  site.bus.bus.nc.publish(site.bus.bus.names.subjects.readings('lab-1'), JSON.stringify(frame))
  await until('both show it', async () => (await latestOf(event)) && (await latestOf(event, other)))
  await site.api.request('DELETE', `/api/v1/events/${event.id}`)
  expect(await latestOf(event)).toBeUndefined()
  await until('the other forgets it', async () => (await latestOf(event, other)) === undefined, { timeoutMs: 1000 })
})

test('knows the latest values and the newest reading after a restart', async () => {
  const event = await anEvent(site.db)
  const time = nowMicros() + MINUTE
  await storeReadings(site.db, event, [
    { time: time - SECOND, value: 1 },
    { time, value: 2, quality: SIMULATED },
    { time: time + SECOND, value: 3, quality: BAD },
  ])
  const restarted = await site.startApi()
  expect(await latestOf(event, restarted)).toMatchObject({
    value: 2,
    timestamp: formatTime(time),
    quality: ['simulated'],
  })
  const health = (await restarted.get('/health', { as: 'nobody' })).body
  expect(health.last_datapoint).toBe(formatTime(time))
})
