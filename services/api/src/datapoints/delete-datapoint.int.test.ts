import { datapointId, formatTime, type Micros, nowMicros } from '@webmacs/contracts'
import { moment } from '@webmacs/database'
import { aFrame, until, valuesOf } from '@webmacs/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiSite, aProblem, startApiSite, type TestApi } from '../testing/api-site.ts'
import { startHistorian } from '../testing/historian.ts'
import { anEvent, storeReadings, type TestEvent } from '../testing/stored-readings.ts'

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite()
})
afterAll(() => site[Symbol.asyncDispose]())

const SECOND: Micros = 1_000_000

const pathOf = (event: TestEvent, time: Micros): string =>
  `/api/v1/datapoints/${datapointId({ event: event.id, time })}`
const remove = (event: TestEvent, time: Micros) => site.api.request('DELETE', pathOf(event, time), { as: 'operator' })
const latestOf = async (event: TestEvent, api: TestApi) =>
  (await api.get('/api/v1/datapoints/latest')).body.find(
    (point: { event_public_id: string }) => point.event_public_id === event.id,
  )?.value
const audited = () => site.db.db.selectFrom('audit_log').selectAll().where('entity', '=', 'datapoint').execute()

/** An event with two readings in the middle of one minute, oldest first. */
async function twoReadings(): Promise<{ event: TestEvent; times: [Micros, Micros] }> {
  const event = await anEvent(site.db)
  const minute = Math.floor(nowMicros() / (60 * SECOND)) * 60 * SECOND - 120 * SECOND
  const times: [Micros, Micros] = [minute + 10 * SECOND, minute + 20 * SECOND]
  await storeReadings(site.db, event, [
    { time: times[0], value: 1 },
    { time: times[1], value: 2 },
  ])
  return { event, times }
}

test('deletes a datapoint, writes down what it was, and shows the one before as the latest at every instance', async () => {
  const historian = startHistorian(site)
  const { event, times } = await twoReadings()
  const apis = [await site.startApi(), await site.startApi()]
  for (const api of apis) expect(await latestOf(event, api)).toBe(2)
  const deleted = await apis[0]?.request('DELETE', pathOf(event, times[1]), { as: 'operator' })
  const id = datapointId({ event: event.id, time: times[1] })
  expect(deleted).toMatchObject({
    status: 200,
    body: { status: 'success', message: 'Datapoint successfully deleted.', public_id: id },
  })
  expect(await latestOf(event, apis[0] as TestApi)).toBe(1)
  await until('the other shows it', async () => (await latestOf(event, apis[1] as TestApi)) === 1, { timeoutMs: 3000 })
  expect((await site.api.get(pathOf(event, times[1]))).status).toBe(404)
  expect((await site.api.get(pathOf(event, times[0]))).status).toBe(200)
  const before = expect.objectContaining({ public_id: id, value: 2, timestamp: formatTime(times[1]) })
  expect(await audited()).toEqual([
    expect.objectContaining({ entity_id: id, action: 'deleted', before, after: null, user_id: expect.any(Number) }),
  ])
  await historian.stop()
})

test('a start after late data and deletions shows the newest that is left', async () => {
  const historian = startHistorian(site)
  const { event, times } = await twoReadings()
  const late = [times[0] - SECOND, times[0] - 3 * 24 * 3600 * SECOND]
  await storeReadings(
    site.db,
    event,
    late.map((time, index) => ({ time, value: 8 + index })),
  )
  expect(await latestOf(event, await site.startApi())).toBe(2)
  expect((await remove(event, times[1])).status).toBe(200)
  expect(await latestOf(event, await site.startApi())).toBe(1)
  expect((await remove(event, times[0])).status).toBe(200)
  expect(await latestOf(event, await site.startApi())).toBe(8)
  // The last of its minute: the minute's rollup goes with it.
  const [left] = late as [Micros]
  expect((await remove(event, left)).status).toBe(200)
  await site.db.db
    .deleteFrom('datapoint_rollups')
    .where('event_id', '=', event.key)
    .where('bucket', '>', moment(left - 120 * SECOND))
    .execute()
  expect(await latestOf(event, await site.startApi())).toBe(9)
  await historian.stop()
})

test('answers 404 for a datapoint that there is not, also to the slower of two who delete it', async () => {
  const historian = startHistorian(site)
  const { event, times } = await twoReadings()
  const before = (await audited()).length
  const answers = await Promise.all([remove(event, times[0]), remove(event, times[0])])
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 404])
  expect(await audited()).toHaveLength(before + 1)
  const unknown = await site.api.request('DELETE', '/api/v1/datapoints/nonsense', { as: 'operator' })
  expect(unknown.body).toEqual(aProblem('datapoint.unknown', { detail: "Datapoint 'nonsense' not found." }))
  await historian.stop()
})

test('answers 503, and writes nothing down, while no historian is there', async () => {
  const { event, times } = await twoReadings()
  const before = await audited()
  const { body, headers } = await remove(event, times[0])
  expect(body).toEqual(aProblem('historian.unavailable', { status: 503 }))
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await audited()).toEqual(before)
  expect((await site.api.get(pathOf(event, times[0]))).status).toBe(200)
})

test('asks to try again in a moment when the datapoint is on its way but not stored yet', async () => {
  const event = await anEvent(site.db)
  const time = nowMicros()
  const { bus } = site.bus
  const frame = aFrame({ time: formatTime(time), values: valuesOf([[event.id, 5]]) })
  bus.nc.publish(bus.names.subjects.readings('lab-1'), JSON.stringify(frame))
  const refused = await until('it is seen', async () => {
    const answer = await remove(event, time)
    return answer.status === 404 ? undefined : answer
  })
  expect(refused.body).toEqual(aProblem('datapoint.pending', { status: 409 }))
  expect(refused.headers.get('retry-after')).toBe('1')
})

test('lets nobody below operator delete', async () => {
  const { event, times } = await twoReadings()
  const { status } = await site.api.request('DELETE', pathOf(event, times[0]), { as: 'viewer' })
  expect(status).toBe(403)
})
