import { ACCESS, newId, parseTime, ROLES } from '@webmacs/contracts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ExportSite, startExportSite } from '../testing/export-site.ts'
import { anEvent, anExperiment, store, type TestEvent } from '../testing/measured-data.ts'

let site: ExportSite
let event: TestEvent
const START = parseTime('2026-11-03T16:00:00Z') ?? 0
beforeAll(async () => {
  site = await startExportSite()
  event = await anEvent(site.db, { name: 'Inlet' })
  await store(site.db, [{ event, time: START, value: 21.5 }])
})
afterAll(() => site[Symbol.asyncDispose]())

const FROM = 'from=2026-11-01'

test.each([
  ['', 'query.from', 'is required where no experiment is named'],
  ['from=yesterday', 'query.from', 'must be a moment'],
  [`${FROM}&to=2026-11-01`, 'query.to', 'must be later than from'],
  [`${FROM}&event=evt_1&event=evt_1`, 'query.events', 'must name each event once'],
  [`${FROM}&format=xlsx`, 'query.format', ''],
  [`${FROM}&every=2h`, 'query.every', ''],
  [`${FROM}&method=mean`, 'query.method', 'is for wide tables'],
  [`${FROM}&shape=wide&method=mean`, 'query.method', 'must be none with every=raw'],
  [`${FROM}&shape=wide&every=1min`, 'query.method', 'must be last, mean, min, max or linear'],
  [`${FROM}&shape=wide&include_bad=true`, 'query.include_bad', 'is for long tables'],
  [`${FROM}&every=1h&include_bad=true`, 'query.include_bad', 'is for long tables'],
])('refuses %j and names the field and the rule', async (query, field, rule) => {
  const response = await site.get(`/export?${query}`)
  expect(response.status).toBe(422)
  const problem = (await response.json()) as { code: string; errors: { field: string; rule: string }[] }
  expect(problem.code).toBe('request.invalid')
  expect(problem.errors[0]).toMatchObject({ field, rule: expect.stringContaining(rule) })
})

test('answers 404 for an experiment or an event that is unknown', async () => {
  const experiment = await site.get(`/export?experiment=${newId('exp')}`)
  expect([experiment.status, await experiment.json()]).toMatchObject([404, { code: 'experiment.unknown' }])
  const unknown = await site.get(`/export?${FROM}&event=${event.id}&event=${newId('evt')}`)
  expect([unknown.status, await unknown.json()]).toMatchObject([404, { code: 'event.unknown' }])
})

test('lets every role export, and nobody without a token', async () => {
  for (const role of ROLES) {
    const response = await site.get(`/export?${FROM}`, { token: site.tokens[role] })
    expect(response.status).toBe(200)
    expect(await response.text()).toContain(',21.5,')
  }
  expect((await fetch(`${site.url}/api/v1/export?${FROM}`)).status).toBe(401)
  expect((await fetch(`${site.url}/api/v1/export?${FROM}&key=x`)).status).toBe(401)
  expect(ACCESS['GET /api/v1/export']).not.toHaveProperty('link')
})

test('narrows an experiment to a range, and passes over what lies outside of both', async () => {
  const other = await anEvent(site.db, { name: 'Outlet' })
  await store(site.db, [{ event: other, time: START + 10_000_000, value: 3 }])
  const experiment = await anExperiment(site.db, { name: 'Narrow', from: START, to: START + 20_000_000 })
  const lines = async (query: string) =>
    (await (await site.get(`/export?experiment=${experiment}&${query}`)).text()).trim().split('\r\n').length - 1
  expect(await lines('')).toBe(2)
  expect(await lines('from=2026-11-03T16:00:05Z')).toBe(1)
  expect(await lines('to=2026-11-03T16:00:05Z')).toBe(1)
  expect(await lines(`event=${other.id}`)).toBe(1)
  expect(await lines('from=2026-12-03&to=2026-12-04')).toBe(0)
})

test('begins a file with what it is about where that is asked for', async () => {
  const csv = await (await site.get(`/export?${FROM}&to=2026-11-04&event=${event.id}&metadata=true`)).text()
  const [first, ...rest] = csv.split('\r\n')
  expect(first).toMatch(/^# software: "WebMACS /)
  expect(rest.find((line) => line.startsWith('# events: '))).toContain('"name":"Inlet"')
  expect(rest.at(-2)).toContain(',21.5,')
  const json = await (
    await site.get(`/export?${FROM}&to=2026-11-04&event=${event.id}&metadata=true&format=jsonl`)
  ).text()
  const [metadata, row] = json
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(metadata).toMatchObject({
    metadata: {
      from: '2026-11-01T00:00:00Z',
      to: '2026-11-04T00:00:00Z',
      experiment: null,
      events: [{ public_id: event.id, unit: '°C', min_value: 0, max_value: 100 }],
      expected_rows: 1,
      gaps: [],
    },
  })
  expect(row).toMatchObject({ event_public_id: event.id, value: 21.5 })
})

test('finds what retention has spared: the whole hours of experiments that are kept, each once', async () => {
  const at = (text: string): number => parseTime(`2026-09-01T${text}Z`) ?? Number.NaN
  const [early, other] = [await anEvent(site.db, { name: 'Early' }), await anEvent(site.db, { name: 'Other' })]
  await store(site.db, [
    { event: early, time: at('10:05:00'), value: 1 },
    { event: other, time: at('10:30:00'), value: 2 },
    { event: other, time: at('11:10:00'), value: 3 },
    { event: other, time: at('12:59:00'), value: 4 },
    { event: other, time: at('14:00:00'), value: 5 },
  ])
  for (const [from, to] of [
    ['10:20:00', '11:05:00'],
    ['10:25:00', '10:40:00'],
    ['12:00:00', '12:10:00'],
  ] as const) {
    const id = await anExperiment(site.db, { name: `Kept from ${from}`, from: at(from), to: at(to) })
    await site.db.db.updateTable('experiments').set({ keep: true }).where('public_id', '=', id).execute()
  }
  // As retention leaves it: what it takes lives on in rollups.
  await site.db.pool.query(`DELETE FROM datapoints WHERE ts = '2026-09-01T14:00:00Z'`)
  await site.db.pool.query(`UPDATE historian_state SET raw_from = '2026-09-02'`)
  try {
    const response = await site.get('/export?from=2026-09-01&to=2026-09-03')
    expect(response.headers.get('x-expected-rows')).toBe('4')
    const values = (await response.text()).split('\r\n').slice(1, -1)
    expect(values.map((line) => line.split(',')[3])).toEqual(['1.0', '2.0', '3.0', '4.0'])
  } finally {
    await site.db.pool.query(`UPDATE historian_state SET raw_from = 'epoch'`)
  }
})

test('gives columns of one name the ids of their events', async () => {
  await site.db.db
    .updateTable('events')
    .set({ retired_on: '2026-11-05T00:00:00Z' })
    .where('id', '=', event.key)
    .execute()
  const twin = await anEvent(site.db, { name: 'Inlet' }) // the name of a retired event is free
  const query = `${FROM}&to=2026-11-04&shape=wide&event=${event.id}&event=${twin.id}`
  const [header] = (await (await site.get(`/export?${query}`)).text()).split('\r\n')
  expect(header).toBe(`timestamp,Inlet [°C] (${event.id}),Inlet [°C] (${twin.id})`)
})
