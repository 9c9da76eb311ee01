import { datapointId, newId, parseTime } from '@webmacs/contracts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ExportSite, startExportSite } from './testing/export-site.ts'
import { anEvent, anExperiment, store } from './testing/measured-data.ts'

let site: ExportSite
beforeAll(async () => {
  site = await startExportSite()
})
afterAll(() => site[Symbol.asyncDispose]())

const at = (text: string): number => parseTime(text) ?? Number.NaN

test('exports an experiment byte by byte as older clients know it', async () => {
  const [inlet, valve] = [
    await anEvent(site.db, { name: 'Inlet, "hot"', unit: '°C' }),
    await anEvent(site.db, { name: '=1+1', unit: '-' }),
  ]
  const start = at('2026-11-03T16:00:00Z')
  const readings = [
    { event: inlet, time: start - 1, value: 99 },
    { event: inlet, time: start, value: 3 },
    { event: valve, time: start, value: 0.1 },
    { event: inlet, time: start + 123_456, value: 1e16 },
    { event: valve, time: start + 123_456, value: -0.00001 },
    { event: inlet, time: start + 200_000, value: null, quality: 2 },
    { event: inlet, time: start + 300_000, value: 7, quality: 2 },
    { event: inlet, time: start + 400_000, value: 1 / 3, quality: 1 },
    { event: inlet, time: start + 60_000_000, value: 98 },
  ]
  await store(site.db, readings)
  await site.db.db
    .updateTable('events')
    .set({ retired_on: '2026-11-04T00:00:00Z' })
    .where('id', '=', valve.key)
    .execute()
  const experiment = await anExperiment(site.db, { name: 'Run 42/Ä "x"', from: start, to: start + 60_000_000 })

  const response = await site.get(`/experiments/${experiment}/export/csv`)
  expect(response.status).toBe(200)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': `attachment; filename="experiment_Run_42-___x__${experiment.slice(0, 8)}.csv"; filename*=UTF-8''experiment_Run_42-%C3%84_%22x%22_${experiment.slice(0, 8)}.csv`,
    'x-expected-rows': '5',
    'cache-control': 'no-store',
  })
  const line = (time: string, event: typeof inlet, name: string, value: string, unit: string): string =>
    `${time}+00:00,${name},${event.id},${value},${unit},${datapointId({ event: event.id, time: at(`${time}Z`) })}\r\n`
  const [hot, formula] = ['"Inlet, ""hot"""', "'=1+1"]
  expect(await response.text()).toBe(
    [
      'timestamp,event_name,event_public_id,value,unit,datapoint_public_id\r\n',
      line('2026-11-03T16:00:00.000000', inlet, hot, '3.0', '°C'),
      line('2026-11-03T16:00:00.000000', valve, formula, '0.1', "'-"),
      line('2026-11-03T16:00:00.123456', inlet, hot, '1e+16', '°C'),
      line('2026-11-03T16:00:00.123456', valve, formula, '-1e-05', "'-"),
      line('2026-11-03T16:00:00.400000', inlet, hot, '0.3333333333333333', '°C'),
    ].join(''),
  )
})

test('exports an experiment that runs up to now, and one in which nothing was read', async () => {
  const event = await anEvent(site.db)
  const now = Date.now() * 1000
  await store(site.db, [{ event, time: now - 1_000_000, value: 5 }])
  const running = await anExperiment(site.db, { name: 'Runs', from: now - 2_000_000, to: null })
  expect((await (await site.get(`/experiments/${running}/export/csv`)).text()).split('\r\n')[1]).toContain(
    `${event.id},5.0,`,
  )
  const empty = await anExperiment(site.db, {
    name: 'Empty',
    from: at('2020-01-01T00:00:00Z'),
    to: at('2020-01-02T00:00:00Z'),
  })
  const response = await site.get(`/experiments/${empty}/export/csv`)
  expect(response.headers.get('x-expected-rows')).toBe('0')
  expect(await response.text()).toBe('timestamp,event_name,event_public_id,value,unit,datapoint_public_id\r\n')
})

test('answers 404 for an experiment that is unknown, and asks for a token', async () => {
  const id = newId('exp')
  const unknown = await site.get(`/experiments/${id}/export/csv`)
  expect(unknown.status).toBe(404)
  expect(await unknown.json()).toMatchObject({ code: 'experiment.unknown', detail: `Experiment '${id}' not found.` })
  expect((await site.get(`/experiments/${id}/export/csv`, { token: 'none' })).status).toBe(401)
})
