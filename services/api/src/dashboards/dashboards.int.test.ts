import { type Change, MAX_WIDGETS, newId, type Role } from '@webmacs/contracts'
import { until } from '@webmacs/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, type ApiSite, aProblem, aUser, type Call, startApiSite } from '../testing/api-site.ts'

let site: ApiSite
let other: { id: string; token: string }
beforeAll(async () => {
  site = await startApiSite()
  other = await aUser(site.db, site.key, 'operator')
})
afterAll(() => site[Symbol.asyncDispose]())

/** Another operator than the one who makes the dashboards. */
const stranger = (): Call => ({ token: other.token })
const operator: Call = { as: 'operator' }
const admin: Call = { as: 'admin' }

const send = (method: string, path: string, call: Call = operator): Promise<Answer> =>
  site.api.request(method, `/api/v1/dashboards${path}`, call)
const create = async (body: object = {}): Promise<string> =>
  (await send('POST', '', { ...operator, body: { name: 'Hall 1', ...body } })).body.public_id
const read = (id: string, call: Call = operator): Promise<Answer> => send('GET', `/${id}`, call)
const addWidget = (id: string, body: object = {}, call: Call = operator): Promise<Answer> =>
  send('POST', `/${id}/widgets`, { ...call, body: { widget_type: 'gauge', title: 'Temperature', ...body } })

async function createEvent(): Promise<string> {
  const body = { name: newId('evt'), min_value: 0, max_value: 1, unit: 'x', type: 'sensor' }
  return (await site.api.request('POST', '/api/v1/events', { body })).body.public_id
}

test('creates a dashboard and answers it, as clients expect', async () => {
  const made = await send('POST', '', { ...operator, body: { name: 'Hall 1', is_global: true, extra: 1 } })
  expect(made.status).toBe(201)
  expect(made.body).toEqual({
    public_id: expect.stringMatching(/^dsh_[0-9a-z]{12}$/),
    name: 'Hall 1',
    is_global: true,
    created_on: expect.stringMatching(/Z$/),
    user_public_id: site.users.operator.id,
    widgets: [],
  })
  const answer = await read(made.body.public_id)
  expect(answer.body).toEqual(made.body)
  expect(answer.headers.get('etag')).toBe(made.headers.get('etag'))
  expect((await read(await create())).body.is_global).toBe(false)
})

test.each([{}, { name: '' }, { name: ' ' }, { name: null }, { name: 'x'.repeat(256) }, { name: 'x', is_global: null }])(
  'refuses to create %j',
  async (body) => {
    expect((await send('POST', '', { ...operator, body })).body).toEqual(
      aProblem('request.invalid', { status: 422, errors: [expect.anything()] }),
    )
  },
)

test('lists own and global ones, the newest first, to admins no more than that', async () => {
  const own = await create()
  const shared = await create({ is_global: true })
  const idsFor = async (call: Call): Promise<string[]> =>
    (await send('GET', '?page_size=100', call)).body.data.map(({ public_id }: { public_id: string }) => public_id)
  expect((await idsFor(operator)).slice(0, 2)).toEqual([shared, own])
  for (const call of [stranger(), admin, { as: 'viewer' as const }]) {
    const ids = await idsFor(call)
    expect(ids[0]).toBe(shared)
    expect(ids).not.toContain(own)
  }
  const { body } = await send('GET', '?page=2&page_size=1')
  expect(body).toMatchObject({ page: 2, page_size: 1, data: [{ public_id: own }] })
  expect(body.total).toBeGreaterThan(1)
})

test('changes what is named and leaves the rest, and deletes', async () => {
  const id = await create()
  const answer = await send('PUT', `/${id}`, { ...operator, body: { is_global: true } })
  expect(answer.body).toEqual({ status: 'success', message: 'Dashboard successfully updated.', public_id: id })
  expect((await read(id)).body).toMatchObject({ name: 'Hall 1', is_global: true })
  for (const body of [{ name: null }, { name: '' }, { is_global: null }])
    expect((await send('PUT', `/${id}`, { ...operator, body })).status).toBe(422)
  await addWidget(id)
  expect((await send('DELETE', `/${id}`)).body).toMatchObject({ status: 'success', public_id: id })
  expect((await read(id)).body).toEqual(aProblem('dashboard.unknown', { detail: `Dashboard '${id}' not found.` }))
  expect((await send('DELETE', `/${id}`)).status).toBe(404)
})

/** Every way to touch a dashboard. */
async function attempts(id: string, widget: string, call: Call): Promise<number[]> {
  const answers = [
    await read(id, call),
    await send('PUT', `/${id}`, { ...call, body: { name: 'Mine' } }),
    await addWidget(id, {}, call),
    await send('PUT', `/${id}/widgets/${widget}`, { ...call, body: { title: 'Mine' } }),
    await send('DELETE', `/${id}/widgets/${widget}`, call),
    await send('DELETE', `/${id}`, call),
  ]
  return answers.map(({ status }) => status)
}

test.each([
  ['a private', 'stranger', false, [404, 404, 404, 404, 404, 404]],
  ['a private', 'admin', false, [403, 200, 201, 200, 200, 200]],
  ['a private', 'viewer', false, [404, 403, 403, 403, 403, 403]],
  ['a global', 'stranger', true, [200, 403, 403, 403, 403, 403]],
  ['a global', 'admin', true, [200, 200, 201, 200, 200, 200]],
  ['a global', 'viewer', true, [200, 403, 403, 403, 403, 403]],
] as const)(
  "answers what others do to %s dashboard of somebody else's: a %s",
  async (_what, who, is_global, expected) => {
    const id = await create({ is_global })
    const widget = (await addWidget(id)).body.public_id
    const call: Call = who === 'stranger' ? stranger() : { as: who satisfies Role }
    expect(await attempts(id, widget, call)).toEqual(expected)
  },
)

test('says to an operator that a global dashboard is not theirs to change, and nothing of a private one', async () => {
  const shared = await create({ is_global: true })
  expect((await send('DELETE', `/${shared}`, stranger())).body).toEqual(
    aProblem('auth.forbidden', { status: 403, detail: 'Not allowed.' }),
  )
  const own = await create()
  const unknown = await send('DELETE', '/dsh_000000000000', stranger())
  const hidden = await send('DELETE', `/${own}`, stranger())
  expect(hidden.body).toEqual({
    ...unknown.body,
    detail: `Dashboard '${own}' not found.`,
    instance: expect.stringContaining(own),
    traceId: expect.any(String),
  })
})

test('keeps the owner of a dashboard who was deactivated', async () => {
  const gone = await aUser(site.db, site.key, 'operator')
  const made = await send('POST', '', { token: gone.token, body: { name: 'Left', is_global: true } })
  await site.db.db.updateTable('users').set({ deactivated_on: '2026-01-01' }).where('public_id', '=', gone.id).execute()
  expect((await read(made.body.public_id)).body.user_public_id).toBe(gone.id)
})

test('adds widgets with defaults and keeps them in the order of their making', async () => {
  const id = await create()
  const event = await createEvent()
  const first = await addWidget(id)
  expect(first.status).toBe(201)
  expect(first.body).toEqual({
    public_id: expect.stringMatching(/^wdg_[0-9a-z]{12}$/),
    widget_type: 'gauge',
    title: 'Temperature',
    event_public_id: null,
    ...{ x: 0, y: 0, w: 4, h: 3 },
    config_json: null,
  })
  const config_json = '{ not JSON, and nobody cares'
  const second = await addWidget(id, { event_public_id: event, x: -2, y: 7, w: 12, h: 1, config_json })
  expect(second.body).toMatchObject({ event_public_id: event, x: -2, y: 7, w: 12, h: 1, config_json })
  await send('PUT', `/${id}/widgets/${first.body.public_id}`, { ...operator, body: { title: 'Changed' } })
  expect((await read(id)).body.widgets).toEqual([{ ...first.body, title: 'Changed' }, second.body])
})

test('changes a widget, but not its type; null unlinks', async () => {
  const id = await create()
  const widget = (await addWidget(id, { event_public_id: await createEvent(), config_json: '{}' })).body
  const change = async (body: object): Promise<void> => {
    const answer = await send('PUT', `/${id}/widgets/${widget.public_id}`, { ...operator, body })
    expect(answer.body).toEqual({
      status: 'success',
      message: 'Widget successfully updated.',
      public_id: widget.public_id,
    })
  }
  await change({ x: 3, widget_type: 'line_chart' })
  expect((await read(id)).body.widgets).toEqual([{ ...widget, x: 3 }])
  await change({ event_public_id: null, config_json: null })
  expect((await read(id)).body.widgets).toEqual([{ ...widget, x: 3, event_public_id: null, config_json: null }])
})

test.each([{ title: null }, { title: '' }, { x: null }, { w: 0 }, { w: 13 }, { h: 1.5 }, { x: '1' }, { y: 1e9 }])(
  'refuses the widget %j, new and changed',
  async (body) => {
    const id = await create()
    const widget = (await addWidget(id)).body.public_id
    const field = `body.${Object.keys(body)[0]}`
    for (const answer of [
      await addWidget(id, body),
      await send('PUT', `/${id}/widgets/${widget}`, { ...operator, body }),
    ]) {
      expect(answer.body).toEqual(
        aProblem('request.invalid', { status: 422, errors: [expect.objectContaining({ field })] }),
      )
    }
  },
)

test('answers 404 for an event that is unknown, empty or retired', async () => {
  const id = await create()
  const widget = (await addWidget(id)).body.public_id
  const retired = await createEvent()
  await site.api.request('DELETE', `/api/v1/events/${retired}`)
  for (const event_public_id of ['', 'evt_000000000000', 'nonsense', retired]) {
    for (const answer of [
      await addWidget(id, { event_public_id }),
      await send('PUT', `/${id}/widgets/${widget}`, { ...operator, body: { event_public_id } }),
    ]) {
      expect(answer.body).toEqual(aProblem('event.unknown', { status: 404, detail: 'Event not found.' }))
    }
  }
})

test('tells an unknown widget from one of another dashboard, which stays as it is', async () => {
  const [id, elsewhere] = [await create(), await create()]
  const widget = (await addWidget(elsewhere)).body
  for (const method of ['PUT', 'DELETE']) {
    const body = method === 'PUT' ? { body: { title: 'x' } } : {}
    expect((await send(method, `/${id}/widgets/wdg_000000000000`, { ...operator, ...body })).body).toEqual(
      aProblem('widget.unknown', { status: 404, detail: "DashboardWidget 'wdg_000000000000' not found." }),
    )
    expect((await send(method, `/${id}/widgets/${widget.public_id}`, { ...operator, ...body })).body).toEqual(
      aProblem('widget.unknown', { status: 404, detail: 'Widget not on this dashboard.' }),
    )
  }
  expect((await read(elsewhere)).body.widgets).toEqual([widget])
  expect((await send('GET', `/${elsewhere}/widgets/${widget.public_id}`)).status).toBe(405)
})

test('raises the version with each change of a widget, and refuses changes made for another', async () => {
  const id = await create()
  const tags = [(await read(id)).headers.get('etag') ?? '']
  const ifMatch = (tag = ''): Call => ({ ...operator, headers: { 'if-match': tag } })
  const current = () => ifMatch(tags.at(-1))
  const note = async (answer: Answer): Promise<Answer> => {
    expect(answer.status).toBeLessThan(300)
    tags.push(answer.headers.get('etag') ?? '')
    expect(tags.at(-1)).toBe((await read(id)).headers.get('etag'))
    return answer
  }
  const widget = (await note(await addWidget(id, {}, current()))).body.public_id
  await note(await send('PUT', `/${id}/widgets/${widget}`, { ...current(), body: { x: 1 } }))
  await note(await send('PUT', `/${id}`, { ...current(), body: { name: 'Hall 2' } }))
  expect(new Set(tags).size).toBe(4)
  const late = ifMatch(tags[0])
  for (const answer of [
    await addWidget(id, {}, late),
    await send('PUT', `/${id}/widgets/${widget}`, { ...late, body: { x: 2 } }),
    await send('DELETE', `/${id}/widgets/${widget}`, late),
    await send('PUT', `/${id}`, { ...late, body: { name: 'Late' } }),
    await send('DELETE', `/${id}`, late),
  ]) {
    expect(answer.body).toEqual(aProblem('request.precondition', { status: 412 }))
  }
  await send('PUT', `/${id}/widgets/${widget}`, { ...operator, body: { x: 1 } })
  expect((await read(id)).headers.get('etag')).toBe(tags.at(-1))
  await note(await send('DELETE', `/${id}/widgets/${widget}`, current()))
})

test('takes so many widgets and no more, also when they come at once', async () => {
  const id = await create()
  const row = await site.db.db
    .selectFrom('dashboards')
    .select('id')
    .where('public_id', '=', id as never)
    .executeTakeFirstOrThrow()
  const widget = { dashboard_id: row.id, widget_type: 'gauge', title: 'x', x: 0, y: 0, w: 1, h: 1 }
  const rows = Array.from({ length: MAX_WIDGETS - 2 }, () => ({ ...widget, public_id: newId('wdg') }))
  await site.db.db.insertInto('dashboard_widgets').values(rows).execute()
  const answers = await Promise.all(Array.from({ length: 4 }, () => addWidget(id)))
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 201, 422, 422])
  expect(answers.find(({ status }) => status === 422)?.body.detail).toMatch(`${MAX_WIDGETS} at most`)
})

test('leaves nothing behind when a widget is added while its dashboard is deleted', async () => {
  for (let turn = 0; turn < 5; turn++) {
    const id = await create()
    const [removed, ...added] = await Promise.all([send('DELETE', `/${id}`), addWidget(id), addWidget(id)])
    expect(removed.status).toBe(200)
    for (const { status } of added) expect([201, 404]).toContain(status)
  }
})

test('a widget does not show an event that is retired meanwhile', async () => {
  for (let turn = 0; turn < 5; turn++) {
    const [id, event] = [await create(), await createEvent()]
    await Promise.all([
      site.api.request('DELETE', `/api/v1/events/${event}`),
      addWidget(id, { event_public_id: event }),
    ])
    for (const widget of (await read(id)).body.widgets) expect(widget.event_public_id).toBeNull()
  }
})

test('a widget that is moved while its event is retired stays without the event', async () => {
  const [id, event] = [await create(), await createEvent()]
  const { public_id: widget } = (await addWidget(id, { event_public_id: event })).body
  const moved = await site.db.db.transaction().execute(async (trx) => {
    // As the retirement leaves it, not committed yet: whoever reads the widget still sees the event.
    await trx.updateTable('dashboard_widgets').set({ event_id: null }).where('public_id', '=', widget).execute()
    const answer = send('PUT', `/${id}/widgets/${widget}`, { ...operator, body: { x: 7 } })
    await until('it waits for the row', async () => {
      const { rows } = await site.db.pool.query('SELECT FROM pg_locks WHERE NOT granted')
      return rows.length > 0
    })
    return { answer }
  })
  expect((await moved.answer).status).toBe(200)
  expect((await read(id)).body.widgets).toMatchObject([{ x: 7, event_public_id: null }])
})

test('notes and tells who changed what, a widget as a change of its dashboard', async () => {
  const heard: Change[] = []
  const { bus } = site.bus
  const subscription = bus.nc.subscribe(bus.names.subjects.allChanges, {
    callback: (_err, message) => void heard.push(message.json()),
  })
  await bus.nc.flush()
  const id = await create()
  const widget = (await addWidget(id)).body
  await send('PUT', `/${id}/widgets/${widget.public_id}`, { ...operator, body: { x: 5 } })
  await send('DELETE', `/${id}/widgets/${widget.public_id}`)
  await send('DELETE', `/${id}`)
  const entries = await site.db.db
    .selectFrom('audit_log')
    .select(['action', 'before', 'after'])
    .where('entity_id', '=', id)
    .orderBy('id')
    .execute()
  const moved = { ...widget, x: 5 }
  expect(entries).toEqual([
    { action: 'created', before: null, after: { name: 'Hall 1', is_global: false } },
    { action: 'updated', before: null, after: { widget } },
    { action: 'updated', before: { widget }, after: { widget: moved } },
    { action: 'updated', before: { widget: moved }, after: null },
    { action: 'deleted', before: { name: 'Hall 1', is_global: false }, after: null },
  ])
  const ours = () => heard.filter((change) => change.id === id)
  await until('all are heard', () => ours().length === 5)
  expect(ours().map(({ entity, verb, by }) => [entity, verb, by])).toEqual(
    ['created', 'updated', 'updated', 'updated', 'deleted'].map((verb) => ['dashboard', verb, site.users.operator.id]),
  )
  subscription.unsubscribe()
})
