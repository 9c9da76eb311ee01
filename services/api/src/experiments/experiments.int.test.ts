import { type Change, type Datapoint, formatTime, type Micros, nowMicros, parseTime } from '@webmacs/contracts'
import { aFrame, until, valuesOf } from '@webmacs/testing'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Answer, type ApiSite, aProblem, startApiSite } from '../testing/api-site.ts'
import { anEvent, storeReadings, type TestEvent } from '../testing/stored-readings.ts'

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite()
})
afterEach(() => stopAll())
afterAll(() => site[Symbol.asyncDispose]())

const PATH = '/api/v1/experiments'
const SECOND: Micros = 1_000_000

let lastNumber = 0
const aName = (): string => `Run ${++lastNumber}`

const start = (body: unknown): Promise<Answer> => site.api.request('POST', PATH, { as: 'operator', body })
const started = async (name = aName()): Promise<string> => (await start({ name })).body.public_id
const read = (id: string): Promise<Answer> => site.api.get(`${PATH}/${id}`, { as: 'viewer' })
const stop = (id: string): Promise<Answer> => site.api.request('PUT', `${PATH}/${id}/stop`, { as: 'operator' })
const update = (id: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  site.api.request('PUT', `${PATH}/${id}`, { as: 'operator', body, headers })
const remove = (id: string, headers: Record<string, string> = {}): Promise<Answer> =>
  site.api.request('DELETE', `${PATH}/${id}`, { as: 'operator', headers })
const tagOf = ({ headers }: Answer): string => headers.get('etag') ?? 'none'
const micros = (text: string): Micros => parseTime(text) ?? Number.NaN

/** A run that has ended. */
async function stopped(name = aName()): Promise<string> {
  const id = await started(name)
  await stop(id)
  return id
}

/** Only one runs at a time: what a test leaves running would be in the next one's way. */
async function stopAll(): Promise<void> {
  const { rows } = await site.db.pool.query('SELECT public_id FROM experiments WHERE stopped_on IS NULL')
  for (const { public_id } of rows) expect((await stop(public_id)).status).toBe(200)
}

const auditOf = (id: string) =>
  site.db.db
    .selectFrom('audit_log')
    .select(['action', 'before', 'after'])
    .where('entity', '=', 'experiment')
    .where('entity_id', '=', id)
    .orderBy('id')
    .execute()

const logsAbout = async (name: string): Promise<string[]> => {
  const { data } = (await site.api.get('/api/v1/logging?page_size=100')).body
  return data
    .map(({ content }: { content: string }) => content)
    .filter((content: string) => content.includes(`'${name}'`))
}

test('starts an experiment and reads it back', async () => {
  const before = nowMicros()
  const name = 'Pump trial “Nord” / 5'
  const answer = await start({ name, started_on: '2001-01-01T00:00:00Z', extra: 1 })
  expect(answer.status).toBe(201)
  expect(answer.body).toEqual({
    status: 'success',
    message: 'Experiment successfully created.',
    public_id: expect.stringMatching(/^exp_[0-9a-z]{12}$/),
  })
  const { status, body } = await read(answer.body.public_id)
  expect(status).toBe(200)
  expect(body).toEqual({
    public_id: answer.body.public_id,
    name,
    keep: false,
    started_on: expect.any(String),
    stopped_on: null,
    user_public_id: site.users.operator.id,
  })
  expect(Math.abs(micros(body.started_on) - before)).toBeLessThan(5 * SECOND)
})

test.each([
  [{}, undefined],
  [{ name: null }, null],
  [{ name: '' }, ''],
  [{ name: ' \t' }, ' \t'],
  [{ name: 5 }, 5],
])('refuses to start %j and names the field', async (body, value) => {
  expect((await start(body)).body).toEqual(
    aProblem('request.invalid', {
      status: 422,
      errors: [{ field: 'body.name', rule: expect.any(String), ...(value !== undefined && { value }) }],
    }),
  )
})

test('refuses a name that is too long, made or changed', async () => {
  const id = await stopped()
  expect((await start({ name: 'x'.repeat(256) })).status).toBe(422)
  expect((await update(id, { name: 'x'.repeat(256) })).status).toBe(422)
  expect((await update(id, { name: '' })).status).toBe(422)
  expect((await update(id, { name: null })).status).toBe(422)
})

test('lets one run at a time, and names the one that is in the way', async () => {
  const name = aName()
  await started(name)
  for (const other of [aName(), name]) {
    const answer = await start({ name: other })
    expect(answer.status).toBe(409)
    expect(answer.body).toEqual(
      aProblem('experiment.running', { detail: `Experiment '${name}' is running: stop it first.` }),
    )
  }
})

test('refuses a name that is taken, and names it', async () => {
  const name = aName()
  const id = await stopped(name)
  const other = await stopped()
  for (const answer of [await start({ name }), await update(other, { name })]) {
    expect(answer.status).toBe(409)
    expect(answer.body).toEqual(aProblem('experiment.exists', { detail: `Experiment '${name}' already exists.` }))
  }
  expect((await update(id, { name })).status).toBe(200)
})

test('lets one of many racing starts win, and tells of it alone', async () => {
  const names = Array.from({ length: 8 }, aName)
  const answers = await Promise.all(names.map((name) => start({ name })))
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409, 409, 409])
  const winner = answers.findIndex(({ status }) => status === 201)
  for (const [index, { status, body }] of answers.entries()) {
    if (status === 409) expect(body.code).toBe('experiment.running')
    expect(await logsAbout(names[index] ?? '')).toHaveLength(index === winner ? 1 : 0)
  }
})

test('windows follow one another however starts and stops race', async () => {
  const turns = Array.from({ length: 12 }, async () => {
    const { status, body } = await start({ name: aName() })
    if (status === 201) await stop(body.public_id)
  })
  await Promise.all(turns)
  await expectNoOverlap()
})

test('answers every one of racing starts, renames, stops and deletions as the caller of a sound system', async () => {
  for (let round = 0; round < 5; round++) {
    const [name, wanted] = [aName(), aName()]
    const id = await started(name)
    const answers = await Promise.all([
      start({ name: wanted }),
      update(id, { name: wanted }),
      stop(id),
      start({ name: wanted }),
      remove(id),
    ])
    for (const { status } of answers) expect([200, 201, 404, 409]).toContain(status)
    await stopAll()
  }
  await expectNoOverlap()
})

async function expectNoOverlap(): Promise<void> {
  const { rows } = await site.db.pool.query(`
    SELECT one.name, other.name FROM experiments one, experiments other
    WHERE one.id < other.id
      AND (tstzrange(one.started_on, one.stopped_on) && tstzrange(other.started_on, other.stopped_on)
        OR one.started_on >= other.started_on)`)
  expect(rows).toEqual([])
}

test('starts no experiment before the end of an earlier one when the clock is set back', async () => {
  const id = await stopped()
  const ahead = formatTime(nowMicros() + 3600 * SECOND)
  await site.db.pool.query('UPDATE experiments SET started_on = $2, stopped_on = $2 WHERE public_id = $1', [id, ahead])
  const next = await started()
  expect((await read(next)).body.started_on).toBe(ahead)
  await stop(next)
  const { started_on, stopped_on } = (await read(next)).body
  expect(micros(stopped_on) - micros(started_on)).toBe(1)
  const last = await stopped()
  expect((await read(last)).body.started_on).toBe(stopped_on)
  await site.db.pool.query('DELETE FROM experiments WHERE started_on >= $1', [ahead])
})

test.each([
  ['nothing', {}],
  ['nothing of type JSON', { 'content-type': 'application/json' }],
])('stops an experiment that is sent %s', async (_what, headers) => {
  const id = await started()
  const answer = await site.api.request('PUT', `${PATH}/${id}/stop`, { as: 'operator', headers })
  expect(answer.status).toBe(200)
  expect(answer.body).toEqual({ status: 'success', message: 'Experiment successfully stopped.', public_id: id })
  const { started_on, stopped_on } = (await read(id)).body
  expect(micros(stopped_on)).toBeGreaterThan(micros(started_on))
})

test('stopping again succeeds, moves nothing and tells nobody', async () => {
  const name = aName()
  const id = await started(name)
  await Promise.all([stop(id), stop(id), stop(id)])
  const first = await read(id)
  const again = await stop(id)
  expect(again.status).toBe(200)
  expect(tagOf(again)).toBe(tagOf(first))
  expect((await read(id)).body).toEqual(first.body)
  expect(await logsAbout(name)).toEqual([`Experiment '${name}' stopped.`, `Experiment '${name}' started.`])
  expect((await auditOf(id)).map(({ action }) => action)).toEqual(['started', 'stopped'])
})

test('renames an experiment and leaves the rest', async () => {
  const id = await stopped()
  const before = (await read(id)).body
  const answer = await update(id, { name: 'Renamed', started_on: null, stopped_on: null, user_public_id: 'usr_1' })
  expect(answer.body).toEqual({ status: 'success', message: 'Experiment successfully updated.', public_id: id })
  expect((await read(id)).body).toEqual({ ...before, name: 'Renamed' })
  expect((await update(id, {})).status).toBe(200)
  expect((await update(id, { name: 'Renamed' })).status).toBe(200)
  expect((await auditOf(id)).map(({ action }) => action)).toEqual(['started', 'stopped', 'updated'])
})

test('an operator has an experiment kept, which the audit log tells, and a viewer may not', async () => {
  const name = aName()
  const id = await stopped(name)
  const { status, body } = await site.api.request('PUT', `${PATH}/${id}`, { as: 'viewer', body: { keep: true } })
  expect({ status, body }).toMatchObject({ status: 403 })
  const before = await read(id)
  expect(before.body.keep).toBe(false)
  const answer = await update(id, { keep: true })
  expect(answer.body).toEqual({ status: 'success', message: 'Experiment successfully updated.', public_id: id })
  const kept = await read(id)
  expect(kept.body).toEqual({ ...before.body, keep: true })
  expect([tagOf(answer), tagOf(answer) === tagOf(before)]).toEqual([tagOf(kept), false])
  const { data } = (await site.api.get(`${PATH}?page_size=100`, { as: 'viewer' })).body
  expect(data).toContainEqual(kept.body)
  expect((await update(id, { name: `${name} again` })).status).toBe(200)
  expect((await update(id, { keep: true })).status).toBe(200) // says nothing new
  expect((await update(id, { keep: false }, { 'if-match': tagOf(kept) })).status).toBe(412)
  const facts = { name, started_on: kept.body.started_on, stopped_on: kept.body.stopped_on, keep: true }
  expect((await auditOf(id)).slice(2)).toEqual([
    { action: 'updated', before: { ...facts, keep: false }, after: facts },
    { action: 'updated', before: facts, after: { ...facts, name: `${name} again` } },
  ])
  expect((await update(id, { keep: false })).status).toBe(200)
  expect((await read(id)).body).toEqual({ ...before.body, name: `${name} again` })
})

test.each([null, 'true', 1])('refuses to keep an experiment %j and names the field', async (keep) => {
  const id = await stopped()
  const { status, body } = await update(id, { keep })
  expect({ status, body }).toMatchObject({ status: 422, body: { errors: [{ field: 'body.keep' }] } })
})

test('changes an experiment only in the version that the editor has seen, where one is named', async () => {
  const id = await started()
  const seen = tagOf(await read(id))
  await stop(id)
  expect((await update(id, { name: aName() }, { 'if-match': seen })).body).toEqual(
    aProblem('request.precondition', { status: 412 }),
  )
  expect((await remove(id, { 'if-match': seen })).status).toBe(412)
  const current = tagOf(await read(id))
  const renames = await Promise.all([aName(), aName()].map((name) => update(id, { name }, { 'if-match': current })))
  expect(renames.map(({ status }) => status).sort()).toEqual([200, 412])
  const winner = renames.find(({ status }) => status === 200)
  expect((await remove(id, { 'if-match': winner === undefined ? 'none' : tagOf(winner) })).status).toBe(200)
})

test.each(['exp_000000000000', 'nonsense', `exp_${'x'.repeat(60)}`])(
  'answers 404 for the experiment %s',
  async (id) => {
    for (const answer of [await read(id), await update(id, { name: 'x' }), await stop(id), await remove(id)]) {
      expect(answer.body).toEqual(
        aProblem('experiment.unknown', { status: 404, detail: `Experiment '${id}' not found.` }),
      )
    }
  },
)

test('deletes an experiment, also a running one: its place and its name are free', async () => {
  const name = aName()
  const id = await started(name)
  expect((await remove(id)).body).toEqual({
    status: 'success',
    message: 'Experiment successfully deleted.',
    public_id: id,
  })
  expect((await read(id)).status).toBe(404)
  expect((await remove(id)).status).toBe(404)
  expect((await start({ name })).status).toBe(201)
  const [, deleted] = await auditOf(id)
  expect(deleted).toEqual({
    action: 'deleted',
    before: { name, started_on: expect.any(String), stopped_on: null, keep: false },
    after: null,
  })
})

test('lists experiments page by page, in the order they were started, also after changes', async () => {
  const ids = [await stopped(), await stopped(), await stopped()]
  await update(ids[0] ?? '', { name: aName() })
  const { total } = (await site.api.get(`${PATH}?page_size=1`, { as: 'viewer' })).body
  const pages = [0, 1, 2].map((skip) => site.api.get(`${PATH}/?skip=${total - 3 + skip}&limit=1`, { as: 'viewer' }))
  const listed = (await Promise.all(pages)).map(({ body }) => body.data[0])
  expect(listed.map(({ public_id }) => public_id)).toEqual(ids)
  expect(listed[0]).toEqual((await read(ids[0] ?? '')).body)
})

test('tells the rest of the system what happens to an experiment', async () => {
  const heard: Change[] = []
  const { bus } = site.bus
  const subscription = bus.nc.subscribe(bus.names.subjects.allChanges, {
    callback: (_err, message) => void heard.push(message.json()),
  })
  await bus.nc.flush()
  const id = await started()
  await stop(id)
  await stop(id)
  await update(id, { name: aName() })
  await remove(id)
  await until('the end is heard', () => heard.some(({ verb }) => verb === 'deleted'))
  expect(heard.map(({ entity, verb }) => `${entity}.${verb}`)).toEqual([
    'experiment.started',
    'log_entry.created',
    'experiment.stopped',
    'log_entry.created',
    'experiment.updated',
    'experiment.deleted',
  ])
  expect(heard.filter(({ entity }) => entity === 'experiment').every((change) => change.id === id)).toBe(true)
  subscription.unsubscribe()
})

const experimentsIn = (points: readonly Datapoint[], { id }: TestEvent): Record<number, string | null> =>
  Object.fromEntries(
    points
      .filter(({ event_public_id }) => event_public_id === id)
      .map(({ value, experiment_public_id }) => [value, experiment_public_id]),
  )

test('readings of its time belong to an experiment, late ones too, and to none when it is deleted', async () => {
  const id = await stopped()
  const { started_on, stopped_on } = (await read(id)).body
  const [from, to] = [micros(started_on), micros(stopped_on)]
  const event = await anEvent(site.db)
  // Stored after the experiment has ended: each is late.
  const readings = [
    { time: from - 1, value: 1 },
    { time: from, value: 2 },
    { time: to - 1, value: 3 },
    { time: to, value: 4 },
  ]
  await storeReadings(site.db, event, readings)
  const series = async (): Promise<Datapoint[]> =>
    (await site.api.request('POST', '/api/v1/datapoints/series', { body: { event_public_ids: [event.id] } })).body[
      event.id
    ]
  const list = async (): Promise<Datapoint[]> => (await site.api.get('/api/v1/datapoints?page_size=100')).body.data
  for (const points of [await series(), await list()]) {
    expect(experimentsIn(points, event)).toEqual({ 1: null, 2: id, 3: id, 4: null })
    for (const point of points.filter(({ event_public_id }) => event_public_id === event.id)) {
      expect((await site.api.get(`/api/v1/datapoints/${point.public_id}`)).body).toEqual(point)
    }
  }
  await remove(id)
  for (const points of [await series(), await list()]) {
    expect(experimentsIn(points, event)).toEqual({ 1: null, 2: null, 3: null, 4: null })
  }
})

test('the latest value shows the experiment that runs, until it is stopped or deleted', async () => {
  const body = { name: aName(), min_value: 0, max_value: 1, unit: 'x', type: 'sensor' }
  const event = (await site.api.request('POST', '/api/v1/events', { body })).body.public_id
  let value = 0
  const experimentOfNext = async (): Promise<string | null> => {
    const sent = ++value
    const frame = aFrame({ values: valuesOf([[event, sent]]) })
    site.bus.bus.nc.publish(site.bus.bus.names.subjects.readings('lab-1'), JSON.stringify(frame))
    const point = await until('the value is shown', async () =>
      (await site.api.get('/api/v1/datapoints/latest')).body.find((known: Datapoint) => known.value === sent),
    )
    return point.experiment_public_id
  }
  expect(await experimentOfNext()).toBeNull()
  const id = await started()
  expect(await experimentOfNext()).toBe(id)
  await stop(id)
  expect(await experimentOfNext()).toBeNull()
  const other = await started()
  expect(await experimentOfNext()).toBe(other)
  await remove(other)
  const latest: Datapoint[] = (await site.api.get('/api/v1/datapoints/latest')).body
  expect(latest.find((point) => point.event_public_id === event)?.experiment_public_id).toBeNull()
})
