import { type Responder, respond } from '@webmacs/bus'
import { DeleteDatapoint, type DeletedDatapoints, formatTime, type Micros, nowMicros } from '@webmacs/contracts'
import { until } from '@webmacs/testing'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiSite, aProblem, startApiSite, type TestApi } from '../testing/api-site.ts'
import { anEvent, storeReadings, type TestEvent } from '../testing/stored-readings.ts'
import { datapointId } from './datapoint-id.ts'

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite()
})
afterAll(() => site[Symbol.asyncDispose]())

const SECOND: Micros = 1_000_000

/** Stands where the writer does: deletes the row, and mends what the rollup says of the newest reading. */
function startHistorian(): Responder {
  const { bus } = site.bus
  const { db } = site.db
  return respond(bus, bus.names.subjects.historian('delete'), DeleteDatapoint, ({ event, time }) =>
    db.transaction().execute(async (trx): Promise<DeletedDatapoints> => {
      const { numAffectedRows } = await sql`
        DELETE FROM datapoints USING events WHERE event_id = events.id AND public_id = ${event} AND ts = ${time}`.execute(
        trx,
      )
      await sql`
        UPDATE datapoint_rollups SET last_at = newest.ts, last = newest.value FROM (
          SELECT event_id, ts, value FROM datapoints JOIN events ON events.id = event_id WHERE public_id = ${event} ORDER BY ts DESC LIMIT 1
        ) newest WHERE datapoint_rollups.event_id = newest.event_id`.execute(trx)
      return { deleted: Number(numAffectedRows) }
    }),
  )
}

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
  const historian = startHistorian()
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

test('answers 404 for a datapoint that there is not, also to the slower of two who delete it', async () => {
  const historian = startHistorian()
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

test('lets nobody below operator delete', async () => {
  const { event, times } = await twoReadings()
  const { status } = await site.api.request('DELETE', pathOf(event, times[0]), { as: 'viewer' })
  expect(status).toBe(403)
})
