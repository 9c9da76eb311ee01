import { formatTime, type Micros, nowMicros } from '@webmacs/contracts'
import { until } from '@webmacs/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, type ApiSite, aProblem, startApiSite } from '../testing/api-site.ts'
import { anEvent } from '../testing/stored-readings.ts'

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite()
})
afterAll(() => site[Symbol.asyncDispose]())

const DAY: Micros = 86_400_000_000
const read = async (path = '') => (await site.api.get(`/api/v1/historian${path}`, { as: 'viewer' })).body
const setRetention = (body: unknown, as: 'admin' | 'operator' = 'admin'): Promise<Answer> =>
  site.api.request('PUT', '/api/v1/historian/retention', { as, body })

test('says that nothing was measured yet', async () => {
  expect(await read()).toEqual({
    ...{ datapoints: 0, datapoint_bytes: 0, rollup_bytes: 0, bytes_per_datapoint: null, bytes_per_day: 0 },
    ...{ disk_total_bytes: null, disk_free_bytes: null, full_on: null, measured_on: null },
  })
  expect(await read('/events')).toMatchObject({ total: 0, data: [] })
  expect(await read('/maintenance')).toMatchObject({ total: 0, data: [] })
})

test('tells what it holds, when the disk is full, and what is held of each event', async () => {
  const [small, large] = [await anEvent(site.db), await anEvent(site.db)]
  const measuredOn = nowMicros()
  await site.db.db
    .insertInto('historian_statistics')
    .values({
      ...{ datapoints: 1000, datapoint_bytes: 80_000, rollup_bytes: 20_000, measured_on: formatTime(measuredOn) },
      ...{ disk_total_bytes: 1_000_000, disk_free_bytes: 500_000 },
    })
    .execute()
  await site.db.db
    .insertInto('event_statistics')
    .values([
      { event_id: small.key, datapoints: 250, last_day: 0, first_at: null, last_at: null },
      {
        ...{ event_id: large.key, datapoints: 750, last_day: 432 },
        ...{ first_at: '2026-11-01T00:00:00.000001Z', last_at: '2026-11-23T00:00:00Z' },
      },
    ])
    .execute()
  await site.api.request('DELETE', `/api/v1/events/${small.id}`)
  const measured = await read()
  expect(measured).toMatchObject({ datapoints: 1000, bytes_per_datapoint: 100, bytes_per_day: 43_200 })
  expect(measured.full_on).toBe(formatTime(measuredOn + Math.round((500_000 / 43_200) * DAY)))
  expect(await read('/events')).toMatchObject({
    total: 2,
    data: [
      {
        ...{ event_public_id: large.id, event_name: large.id, retired: false, datapoints: 750, bytes: 75_000 },
        ...{ first_on: '2026-11-01T00:00:00.000001Z', last_on: '2026-11-23T00:00:00Z', per_second: 0.005 },
      },
      { event_public_id: small.id, retired: true, datapoints: 250, bytes: 25_000, first_on: null, per_second: 0 },
    ],
  })
  expect((await read('/events?page=2&page_size=1')).data).toHaveLength(1)
  // Ten days of 43 kB are less than the disk has.
  await setRetention({ raw_days: 10, minute_days: 10 })
  expect((await read()).full_on).toBeNull()
  await setRetention({ raw_days: null, minute_days: null })
})

test('sets retention, writes down who did it, and wakes the historian', async () => {
  const woken: string[] = []
  const { nc, names } = site.bus.bus
  const subject = names.subjects.historian('work')
  nc.subscribe(subject, {
    callback: (_err, message) => {
      woken.push(message.subject)
    },
  })
  await nc.flush()
  expect(await read('/retention')).toEqual({ raw_days: null, minute_days: null })
  const retention = { raw_days: 90, minute_days: 365 }
  expect((await setRetention(retention)).body).toEqual({
    status: 'success',
    message: 'Retention successfully updated.',
  })
  expect(await read('/retention')).toEqual(retention)
  await until('the historian is woken', () => woken.length > 0)
  await setRetention(retention) // changes nothing
  const entries = await site.db.db
    .selectFrom('audit_log')
    .select(['action', 'before', 'after'])
    .where('entity', '=', 'retention')
    .where('user_id', 'is not', null)
    .orderBy('id', 'desc')
    .execute()
  expect(entries[0]).toEqual({ action: 'updated', before: { raw_days: null, minute_days: null }, after: retention })
  expect(entries).toHaveLength(3)
})

test.each([
  [{ raw_days: 90, minute_days: 30 }, 'must not be below raw_days (30 < 90)', 30],
  [{ raw_days: null, minute_days: 30 }, 'must be null while datapoints are kept for ever', 30],
])('refuses rollups that go before their datapoints: %j', async (body, rule, value) => {
  const answer = await setRetention(body)
  expect(answer.status).toBe(422)
  expect(answer.body).toEqual(
    aProblem('historian.retention', {
      detail: `body.minute_days ${rule}.`,
      errors: [{ field: 'body.minute_days', rule, value }],
    }),
  )
})

test.each([{}, { raw_days: 0, minute_days: null }, { raw_days: 1.5, minute_days: null }, { raw_days: 1 }])(
  'refuses %j, which is no retention',
  async (body) => {
    expect((await setRetention(body)).body).toMatchObject({ status: 422, code: 'request.invalid' })
  },
)

test('lets only admins set it', async () => {
  expect((await setRetention({ raw_days: 1, minute_days: 1 }, 'operator')).status).toBe(403)
})

test('lists the runs of maintenance, newest first', async () => {
  await site.db.db
    .insertInto('maintenance_runs')
    .values([
      { task: 'rollups', runner: 'plant-1:1', counts: '{"hours_closed":1}', ended_on: '2026-11-23T16:00:00Z' },
      { task: 'retention', runner: 'plant-2:2', error: 'no room' },
    ])
    .execute()
  expect(await read('/maintenance')).toMatchObject({
    total: 2,
    data: [
      { task: 'retention', runner: 'plant-2:2', counts: {}, ended_on: null, error: 'no room' },
      { task: 'rollups', counts: { hours_closed: 1 }, ended_on: '2026-11-23T16:00:00Z', error: null },
    ],
  })
})
