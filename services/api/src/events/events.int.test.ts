import { type Change, newId } from '@webmacs/contracts'
import { until } from '@webmacs/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, type ApiSite, aProblem, startApiSite } from '../testing/api-site.ts'

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite()
})
afterAll(() => site[Symbol.asyncDispose]())

let lastNumber = 0
const anEvent = (overrides: object = {}) => {
  lastNumber += 1
  return { name: `TT-${lastNumber}`, min_value: 0, max_value: 100, unit: '°C', type: 'sensor', ...overrides }
}
const create = (event: unknown): Promise<Answer> =>
  site.api.request('POST', '/api/v1/events', { as: 'operator', body: event })
const created = async (overrides: object = {}): Promise<string> => (await create(anEvent(overrides))).body.public_id
const read = (id: string): Promise<Answer> => site.api.get(`/api/v1/events/${id}`, { as: 'viewer' })
const update = (id: string, body: unknown): Promise<Answer> =>
  site.api.request('PUT', `/api/v1/events/${id}`, { as: 'operator', body })
const remove = (id: string): Promise<Answer> => site.api.request('DELETE', `/api/v1/events/${id}`, { as: 'operator' })

test('creates an event and reads it back', async () => {
  const event = anEvent({ min_value: -12.5 })
  const answer = await create({ ...event, extra: 'ignored', public_id: 'evt_000000000000' })
  expect(answer.status).toBe(201)
  expect(answer.body).toEqual({
    status: 'success',
    message: 'Event successfully created.',
    public_id: expect.stringMatching(/^evt_[0-9a-z]{12}$/),
  })
  expect((await read(answer.body.public_id)).body).toEqual({
    public_id: answer.body.public_id,
    ...event,
    user_public_id: site.users.operator.id,
  })
})

test('accepts numbers as older clients send them', async () => {
  const id = await created({ min_value: '-2.5', max_value: true })
  expect((await read(id)).body).toMatchObject({ min_value: -2.5, max_value: 1 })
})

test.each([
  ['name', ''],
  ['name', '   '],
  ['name', 'x'.repeat(256)],
  ['name', 5],
  ['name', null],
  ['min_value', null],
  ['min_value', 'nan'],
  ['min_value', 'Infinity'],
  ['min_value', '1e400'],
  ['min_value', [3]],
  ['min_value', {}],
  ['min_value', ''],
  ['unit', ''],
  ['type', 'thermometer'],
  ['type', null],
])('refuses %s = %j and names it', async (field, value) => {
  const answer = await create(anEvent({ [field]: value }))
  expect(answer.status).toBe(422)
  expect(answer.body).toEqual(
    aProblem('request.invalid', { errors: [{ field: `body.${field}`, rule: expect.any(String) }] }),
  )
})

test('refuses a number that is too large for one', async () => {
  const body = JSON.stringify(anEvent()).replace('"max_value":100', '"max_value":1e400')
  expect((await create(body)).body).toEqual(
    aProblem('request.invalid', { errors: [{ field: 'body.max_value', rule: expect.any(String) }] }),
  )
})

test('names every field that is missing', async () => {
  const answer = await create({})
  expect(answer.body.errors).toEqual(
    ['name', 'min_value', 'max_value', 'unit', 'type'].map((name) => ({ field: `body.${name}`, rule: 'is required' })),
  )
})

test('refuses text that cannot be stored', async () => {
  expect((await create(anEvent({ name: 'a\u0000b' }))).status).toBe(422)
})

test('refuses a range that is upside down, also when an update makes it so', async () => {
  expect((await create(anEvent({ min_value: 2, max_value: 1 }))).body).toEqual(
    aProblem('event.range', {
      status: 422,
      errors: [{ field: 'body.min_value', rule: expect.stringContaining('2 > 1') }],
    }),
  )
  const id = await created({ min_value: 0, max_value: 10 })
  expect((await update(id, { min_value: 11 })).body).toMatchObject({ code: 'event.range', status: 422 })
  expect((await update(id, { min_value: 11, max_value: 12 })).status).toBe(200)
})

test('refuses a name that is taken, and names it', async () => {
  const event = anEvent()
  await create(event)
  const answer = await create(event)
  expect(answer.status).toBe(409)
  expect(answer.body).toEqual(aProblem('event.exists', { detail: `Event '${event.name}' already exists.` }))
})

test('lets one of many racing creates win', async () => {
  const event = anEvent()
  const answers = await Promise.all(Array.from({ length: 8 }, () => create(event)))
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409, 409, 409])
})

test('changes what is named and leaves the rest', async () => {
  const id = await created({ unit: 'bar' })
  expect((await update(id, { unit: 'mbar', max_value: 1000 })).body).toEqual({
    status: 'success',
    message: 'Event successfully updated.',
    public_id: id,
  })
  expect((await read(id)).body).toMatchObject({ unit: 'mbar', min_value: 0, max_value: 1000, type: 'sensor' })
})

test('notes nothing when an update changes nothing', async () => {
  const id = await created({ unit: 'bar' })
  const before = (await read(id)).body
  expect((await update(id, {})).status).toBe(200)
  expect((await update(id, { unit: 'bar' })).status).toBe(200)
  expect((await read(id)).body).toEqual(before)
  const entries = await site.db.db.selectFrom('audit_log').select('action').where('entity_id', '=', id).execute()
  expect(entries).toEqual([{ action: 'created' }])
})

test.each([{ name: '' }, { name: null }, { unit: 'x'.repeat(256) }, { max_value: null }, { type: 'x' }])(
  'refuses the update %j',
  async (body) => {
    expect((await update(await created(), body)).status).toBe(422)
  },
)

test('refuses to rename to a taken name', async () => {
  const taken = anEvent()
  await create(taken)
  const answer = await update(await created(), { name: taken.name })
  expect(answer.status).toBe(409)
})

test.each(['evt_000000000000', 'nonsense', 'evt_%00', `evt_${'x'.repeat(60)}`])(
  'answers 404 for the event %s',
  async (id) => {
    for (const answer of [await read(id), await update(id, { unit: 'x' }), await remove(id)]) {
      if (!id.includes('%00')) expect(answer.body).toEqual(aProblem('event.unknown', { status: 404 }))
      else expect([404, 422]).toContain(answer.status)
    }
  },
)

test('retires an event: it is gone, its name is free, its datapoints stay', async () => {
  const event = anEvent()
  const { public_id: id } = (await create(event)).body
  expect((await remove(id)).body).toEqual({ status: 'success', message: 'Event successfully deleted.', public_id: id })
  expect((await read(id)).status).toBe(404)
  expect((await remove(id)).status).toBe(404)
  expect((await create(event)).status).toBe(201)
  const row = await site.db.db.selectFrom('events').select('retired_on').where('public_id', '=', id).executeTakeFirst()
  expect(row?.retired_on).toEqual(expect.any(Number))
})

test('unlinks the channels of a retired event', async () => {
  const id = await created()
  const { db } = site.db
  const event = await db
    .selectFrom('events')
    .select('id')
    .where('public_id', '=', id as never)
    .executeTakeFirstOrThrow()
  const controller = await db
    .insertInto('controllers')
    .values({ name: 'lab' })
    .returning('id')
    .executeTakeFirstOrThrow()
  const instance = await db
    .insertInto('plugin_instances')
    .values({
      public_id: newId('plg'),
      controller_id: controller.id,
      plugin_id: 'simulated',
      instance_name: 'x',
      demo_mode: true,
      enabled: true,
      config: '{}',
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  await db
    .insertInto('channel_mappings')
    .values({
      public_id: newId('map'),
      instance_id: instance.id,
      channel_id: 'a',
      channel_name: 'A',
      direction: 'input',
      unit: '°C',
      event_id: event.id,
    })
    .execute()
  await remove(id)
  expect(await db.selectFrom('channel_mappings').select('event_id').execute()).toEqual([{ event_id: null }])
})

test('lists events page by page, in the order they were made', async () => {
  const names = Array.from({ length: 5 }, () => anEvent().name)
  for (const name of names) await create(anEvent({ name }))
  const first = (await site.api.get('/api/v1/events?page_size=2', { as: 'viewer' })).body
  expect(first).toMatchObject({ page: 1, page_size: 2 })
  const seen: string[] = []
  for (let page = 1; page <= Math.ceil(first.total / 2); page++) {
    const { data } = (await site.api.get(`/api/v1/events/?page=${page}&page_size=2&_t=123`, { as: 'viewer' })).body
    seen.push(...data.map((event: { name: string }) => event.name))
  }
  expect(seen).toHaveLength(first.total)
  expect(seen.slice(-5)).toEqual(names)
})

test('gives an empty page beyond the end', async () => {
  const { status, body } = await site.api.get('/api/v1/events?page=1000000&page_size=100', { as: 'viewer' })
  expect(status).toBe(200)
  expect(body.data).toEqual([])
  expect(body.total).toBeGreaterThan(0)
})

test.each([
  'page=0',
  'page=-1',
  'page=1.5',
  'page=abc',
  'page=',
  'page=99999999999999999999',
  'page_size=0',
  'page_size=101',
  'page=1&page=2',
  'page=Infinity',
  'page=true',
])('refuses the page %s', async (query) => {
  const { status, body } = await site.api.get(`/api/v1/events?${query}`, { as: 'viewer' })
  expect(status).toBe(422)
  expect(body.errors[0].field).toMatch(/^query\.page/)
})

test('notes who changed what, with before and after', async () => {
  const id = await created({ unit: 'bar' })
  await update(id, { unit: 'mbar' })
  await remove(id)
  const entries = await site.db.db
    .selectFrom('audit_log')
    .innerJoin('users', 'users.id', 'audit_log.user_id')
    .select(['action', 'before', 'after', 'users.public_id as by'])
    .where('entity', '=', 'event')
    .where('entity_id', '=', id)
    .orderBy('audit_log.id')
    .execute()
  expect(entries).toEqual([
    { action: 'created', before: null, after: expect.objectContaining({ unit: 'bar' }), by: site.users.operator.id },
    {
      action: 'updated',
      before: expect.objectContaining({ unit: 'bar' }),
      after: expect.objectContaining({ unit: 'mbar' }),
      by: site.users.operator.id,
    },
    { action: 'retired', before: expect.objectContaining({ unit: 'mbar' }), after: null, by: site.users.operator.id },
  ])
})

test('tells the rest of the system what changed', async () => {
  const heard: Change[] = []
  const { bus } = site.bus
  const subscription = bus.nc.subscribe(bus.names.subjects.allChanges, {
    callback: (_err, message) => void heard.push(message.json()),
  })
  await bus.nc.flush()
  const id = await created()
  await update(id, { unit: 'K' })
  await remove(id)
  await until('all three are heard', () => heard.length === 3)
  expect(heard.map(({ entity, verb, id: of, by }) => [entity, verb, of, by])).toEqual(
    ['created', 'updated', 'retired'].map((verb) => ['event', verb, id, site.users.operator.id]),
  )
  subscription.unsubscribe()
})
