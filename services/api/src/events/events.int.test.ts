import type { Change } from '@webmacs/contracts'
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
const update = (id: string, body: unknown, tag?: string): Promise<Answer> =>
  site.api.request('PUT', `/api/v1/events/${id}`, { as: 'operator', body, headers: ifMatch(tag) })
const remove = (id: string, tag?: string): Promise<Answer> =>
  site.api.request('DELETE', `/api/v1/events/${id}`, { as: 'operator', headers: ifMatch(tag) })
const ifMatch = (tag?: string): Record<string, string> => (tag === undefined ? {} : { 'if-match': tag })
const tagOf = ({ headers }: Answer): string => headers.get('etag') ?? 'none'

const NO_DETAILS = {
  description: null,
  area: null,
  tags: [],
  decimals: null,
  value_labels: null,
  expected_interval_seconds: null,
}
const DETAILS = {
  description: 'Jacket inlet of reactor 1',
  area: 'Reactor 1',
  tags: ['reactor', 'critical'],
  decimals: 1,
  value_labels: { '0': 'closed', '1': 'open', '-0.5': 'jammed' },
  expected_interval_seconds: 0.5,
}

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
    ...NO_DETAILS,
    user_public_id: site.users.operator.id,
  })
})

test('keeps the details of an event, and changes or clears those that are named', async () => {
  const id = await created(DETAILS)
  expect((await read(id)).body).toMatchObject(DETAILS)
  expect((await update(id, { unit: 'K' })).status).toBe(200)
  expect((await read(id)).body).toMatchObject({ ...DETAILS, unit: 'K' })
  const changed = { area: null, tags: ['spare'], decimals: 0, value_labels: { '2': 'moving' } }
  expect((await update(id, changed)).status).toBe(200)
  expect((await read(id)).body).toEqual({ ...(await read(id)).body, ...DETAILS, ...changed, unit: 'K' })
  expect((await update(id, NO_DETAILS)).status).toBe(200)
  expect((await read(id)).body).toMatchObject(NO_DETAILS)
  const [listed] = (await site.api.get('/api/v1/events?page_size=100')).body.data.slice(-1)
  expect(listed).toEqual((await read(id)).body)
})

test.each([
  ['description', 'x'.repeat(2001), 'description'],
  ['area', ' ', 'area'],
  ['area', 'x'.repeat(256), 'area'],
  ['tags', null, 'tags'],
  ['tags', ['a', 'a'], 'tags'],
  ['tags', ['a', ''], 'tags.1'],
  ['tags', Array.from({ length: 21 }, (_, number) => `t${number}`), 'tags'],
  ['decimals', -1, 'decimals'],
  ['decimals', 11, 'decimals'],
  ['decimals', 1.5, 'decimals'],
  ['decimals', '1', 'decimals'],
  ['value_labels', { open: 'open' }, 'value_labels'],
  ['value_labels', { '1': '' }, 'value_labels.1'],
  ['value_labels', { '1': 5 }, 'value_labels.1'],
  ['value_labels', ['open'], 'value_labels'],
  ['expected_interval_seconds', 0, 'expected_interval_seconds'],
  ['expected_interval_seconds', 31_536_001, 'expected_interval_seconds'],
  ['expected_interval_seconds', 'often', 'expected_interval_seconds'],
])('refuses the detail %s = %j and names it, made or changed', async (field, value, named) => {
  const id = await created()
  for (const answer of [await create(anEvent({ [field]: value })), await update(id, { [field]: value })]) {
    expect(answer.status).toBe(422)
    expect(answer.body.errors.map((error: { field: string }) => error.field)).toContain(`body.${named}`)
  }
})

test('refuses a detail that cannot be stored', async () => {
  expect((await create(anEvent({ value_labels: { '1': 'a\u0000b' } }))).status).toBe(422)
  expect((await create(anEvent({ tags: ['a\u0000b'] }))).status).toBe(422)
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
    aProblem('request.invalid', { errors: [{ field: `body.${field}`, rule: expect.any(String), ...shown(value) }] }),
  )
})

/** What an error repeats of a value: lists and objects not at all, long text cut. */
const shown = (value: unknown): { value?: unknown } => {
  if (typeof value === 'object' && value !== null) return {}
  return { value: typeof value === 'string' ? value.slice(0, 100) : value }
}

test('refuses a number that is too large for one', async () => {
  const body = JSON.stringify(anEvent()).replace('"max_value":100', '"max_value":1e400')
  expect((await create(body)).body).toEqual(
    aProblem('request.invalid', { errors: [{ field: 'body.max_value', rule: expect.any(String), value: null }] }),
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
      errors: [{ field: 'body.min_value', rule: expect.stringContaining('2 > 1'), value: 2 }],
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

test('unlinks the channels and widgets of a retired event', async () => {
  const id = await created()
  const other = await created()
  await site.db.pool.query(`
    WITH controller AS (INSERT INTO controllers (name) VALUES ('lab') RETURNING id),
      instance AS (
        INSERT INTO plugin_instances (public_id, controller_id, plugin_id, instance_name, demo_mode, enabled, config)
        SELECT 'plg_1', id, 'simulated', 'x', true, true, '{}' FROM controller RETURNING id
      ),
      dashboard AS (
        INSERT INTO dashboards (public_id, name, is_global, user_id) SELECT 'dsh_1', 'x', true, id FROM users LIMIT 1 RETURNING id
      ),
      widgets AS (
        INSERT INTO dashboard_widgets (public_id, dashboard_id, widget_type, title, event_id, x, y, w, h)
        SELECT 'wdg_' || events.id, dashboard.id, 'gauge', events.public_id, events.id, 0, 0, 1, 1 FROM dashboard, events
      )
    INSERT INTO channel_mappings (public_id, instance_id, channel_id, channel_name, direction, unit, event_id)
    SELECT 'map_' || events.id, instance.id, events.public_id, 'A', 'input', '°C', events.id FROM instance, events`)
  await remove(id)
  const { db } = site.db
  const linked = async (table: 'channel_mappings' | 'dashboard_widgets') =>
    (
      await db
        .selectFrom(table)
        .innerJoin('events', 'events.id', `${table}.event_id`)
        .select('events.public_id')
        .where('events.public_id', 'in', [id as never, other as never])
        .execute()
    ).map(({ public_id }) => public_id)
  expect(await linked('channel_mappings')).toEqual([other])
  expect(await linked('dashboard_widgets')).toEqual([other])
  expect(await db.selectFrom('dashboard_widgets').select('id').where('title', '=', id).execute()).toHaveLength(1)
})

test('changes an event only in the version that the editor has seen, where one is named', async () => {
  const id = await created()
  const seen = tagOf(await read(id))
  expect(seen).toMatch(/^"[0-9a-z]+"$/)
  const changed = await update(id, { unit: 'K' }, seen)
  expect(changed.status).toBe(200)
  expect(tagOf(changed)).not.toBe(seen)
  expect(tagOf(await read(id))).toBe(tagOf(changed))
  for (const stale of [seen, '"nonsense"', `W/${tagOf(changed)}`]) {
    expect((await update(id, { unit: 'F' }, stale)).body).toEqual(aProblem('request.precondition', { status: 412 }))
    expect((await remove(id, stale)).status).toBe(412)
  }
  expect((await read(id)).body.unit).toBe('K')
  expect((await update(id, { unit: 'R' }, '*')).status).toBe(200)
  expect((await update(id, { unit: '°C' })).status).toBe(200)
  const tag = tagOf(await read(id))
  expect(tagOf(await update(id, {}, tag))).toBe(tag)
  expect((await update(id, { unit: 'K' }, `"other", ${tag}`)).status).toBe(200)
  expect((await remove(id, tagOf(await read(id)))).status).toBe(200)
})

test('lets one of two editors win who saw the same version', async () => {
  const id = await created()
  const seen = tagOf(await read(id))
  const answers = await Promise.all([update(id, { unit: 'K' }, seen), update(id, { unit: 'F' }, seen)])
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412])
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
  const ofIt = (): Change[] => heard.filter((change) => change.id === id)
  await until('all three are heard', () => ofIt().length === 3)
  expect(ofIt().map(({ entity, verb, id: of, by }) => [entity, verb, of, by])).toEqual(
    ['created', 'updated', 'retired'].map((verb) => ['event', verb, id, site.users.operator.id]),
  )
  subscription.unsubscribe()
})
