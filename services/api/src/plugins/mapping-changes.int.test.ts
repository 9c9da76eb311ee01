import { MAX_CHANNELS, newId } from '@webmacs/contracts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, type ApiSite, aProblem, type Call, startApiSite } from '../testing/api-site.ts'

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite()
})
afterAll(() => site[Symbol.asyncDispose]())

let lastNumber = 0
const unknownEvent = 'evt_000000000000'
const send = (method: string, path: string, call: Call = {}): Promise<Answer> =>
  site.api.request(method, `/api/v1/plugins${path}`, call)
async function anInstance(): Promise<string> {
  lastNumber += 1
  return (await send('POST', '', { body: { plugin_id: 'x', instance_name: `Rig ${lastNumber}` } })).body.public_id
}
async function createEvent(): Promise<string> {
  const body = { name: newId('evt'), min_value: 0, max_value: 1, unit: 'x', type: 'sensor' }
  return (await site.api.request('POST', '/api/v1/events', { body })).body.public_id
}
const aChannel = (overrides: object = {}) => {
  lastNumber += 1
  return { channel_id: `c${lastNumber}`, channel_name: 'C', direction: 'input', unit: '°C', ...overrides }
}
const map = (instance: string, overrides: object = {}): Promise<Answer> =>
  send('POST', `/${instance}/channels`, { body: aChannel(overrides) })
const link = (instance: string, mapping: string, event: unknown): Promise<Answer> =>
  send('PUT', `/${instance}/channels/${mapping}`, { body: { event_public_id: event } })
const channels = async (instance: string) => (await send('GET', `/${instance}/channels`, { as: 'viewer' })).body

test('maps a channel and lists it, as clients expect', async () => {
  const [instance, event] = [await anInstance(), await createEvent()]
  const channel = aChannel({ event_public_id: event })
  const answer = await send('POST', `/${instance}/channels`, { body: channel })
  expect(answer.status).toBe(201)
  expect(answer.body).toEqual({
    status: 'success',
    message: 'Channel mapping successfully created.',
    public_id: expect.stringMatching(/^map_[0-9a-z]{12}$/),
  })
  await map(instance)
  expect(await channels(instance)).toEqual([
    {
      ...{ public_id: answer.body.public_id, ...channel, created_on: expect.stringMatching(/Z$/) },
      ...{ settings: {}, is_present: null },
    },
    expect.objectContaining({ event_public_id: null }),
  ])
})

test('links, unlinks and deletes; the event stays', async () => {
  const [instance, event] = [await anInstance(), await createEvent()]
  const mapping = (await map(instance)).body.public_id
  expect((await link(instance, mapping, event)).body).toEqual({
    status: 'success',
    message: 'Channel mapping successfully updated.',
    public_id: mapping,
  })
  expect((await link(instance, mapping, event)).status).toBe(200)
  await send('PUT', `/${instance}/channels/${mapping}`, { body: {} })
  expect(await channels(instance)).toMatchObject([{ event_public_id: event }])
  await link(instance, mapping, null)
  expect(await channels(instance)).toMatchObject([{ event_public_id: null }])
  await link(instance, mapping, event)
  expect((await send('DELETE', `/${instance}/channels/${mapping}`)).body).toMatchObject({ public_id: mapping })
  expect(await channels(instance)).toEqual([])
  expect((await site.api.get(`/api/v1/events/${event}`)).status).toBe(200)
  const entries = await site.db.db
    .selectFrom('audit_log')
    .select(['action', 'before', 'after'])
    .where('entity', '=', 'channel_mapping')
    .where('entity_id', '=', mapping)
    .orderBy('id')
    .execute()
  expect(entries).toMatchObject([
    { action: 'created', before: null, after: { instance, event_public_id: null } },
    { action: 'updated', before: { event_public_id: null }, after: { event_public_id: event } },
    { action: 'updated', before: { event_public_id: event }, after: { event_public_id: null } },
    { action: 'updated' },
    { action: 'deleted', before: { event_public_id: event }, after: null },
  ])
})

test.each([
  ['channel_id', ''],
  ['channel_id', 'x'.repeat(101)],
  ['channel_name', null],
  ['direction', 'sideways'],
  ['unit', ''],
  ['unit', 'x'.repeat(51)],
  ['event_public_id', 5],
])('refuses %s = %j and names it', async (field, value) => {
  expect((await map(await anInstance(), { [field]: value })).body).toEqual(
    aProblem('request.invalid', {
      status: 422,
      errors: expect.arrayContaining([expect.objectContaining({ field: `body.${field}` })]),
    }),
  )
})

test('refuses a channel that is mapped, also when several come at once', async () => {
  const instance = await anInstance()
  const channel = aChannel({ channel_id: 'twice' })
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => send('POST', `/${instance}/channels`, { body: channel })),
  )
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409, 409])
  expect(answers.find(({ status }) => status === 409)?.body).toEqual(
    aProblem('channel.exists', { detail: "Channel mapping 'twice' already exists." }),
  )
  expect((await map(await anInstance(), { channel_id: 'twice' })).status).toBe(201)
})

test('answers 404 for an event that is unknown, empty or retired', async () => {
  const instance = await anInstance()
  const mapping = (await map(instance)).body.public_id
  const retired = await createEvent()
  await site.api.request('DELETE', `/api/v1/events/${retired}`)
  for (const event of [unknownEvent, '', 'nonsense', retired]) {
    for (const answer of [await map(instance, { event_public_id: event }), await link(instance, mapping, event)])
      expect(answer.body).toEqual(aProblem('event.unknown', { status: 404, detail: 'Event not found.' }))
  }
})

test('refuses an event that another channel has in that role, and names the channel', async () => {
  const [first, second, event] = [await anInstance(), await anInstance(), await createEvent()]
  await map(first, { channel_id: 'held', event_public_id: event })
  const { instance_name } = (await send('GET', `/${first}`)).body
  const mapping = (await map(second)).body.public_id
  for (const answer of [
    await map(second, { event_public_id: event }),
    await map(second, { event_public_id: event, direction: 'bidirectional' }),
    await link(second, mapping, event),
  ]) {
    expect(answer.body).toEqual(
      aProblem('channel.event-taken', {
        status: 409,
        detail: `The event is linked to the channel 'held' of '${instance_name}' already.`,
      }),
    )
  }
  expect((await map(second, { event_public_id: event, direction: 'output' })).status).toBe(201)
})

test('lets one of several channels that want an event at once have it', async () => {
  const [first, second, event] = [await anInstance(), await anInstance(), await createEvent()]
  const mappings = [(await map(first)).body.public_id, (await map(second)).body.public_id]
  const answers = await Promise.all([
    link(first, mappings[0], event),
    link(second, mappings[1], event),
    map(first, { event_public_id: event }),
    map(second, { event_public_id: event }),
  ])
  const statuses = answers.map(({ status }) => status)
  expect(statuses.filter((status) => status === 409)).toHaveLength(3)
})

test('an event that is retired meanwhile stays linked nowhere', async () => {
  const instance = await anInstance()
  for (let turn = 0; turn < 5; turn++) {
    const event = await createEvent()
    await Promise.all([
      site.api.request('DELETE', `/api/v1/events/${event}`),
      map(instance, { event_public_id: event }),
    ])
  }
  for (const { event_public_id } of await channels(instance)) expect(event_public_id).toBeNull()
})

test('touches a mapping only by the instance that has it', async () => {
  const [owner, other, event] = [await anInstance(), await anInstance(), await createEvent()]
  const mapping = (await map(owner)).body.public_id
  const unknown = aProblem('channel.unknown', { status: 404, detail: `Channel mapping '${mapping}' not found.` })
  expect((await link(other, mapping, event)).body).toEqual(unknown)
  expect((await send('DELETE', `/${other}/channels/${mapping}`)).body).toEqual(unknown)
  expect(await channels(owner)).toMatchObject([{ public_id: mapping, event_public_id: null }])
  const nowhere = 'plg_000000000000'
  for (const { body } of [
    await map(nowhere),
    await link(nowhere, mapping, event),
    await send('DELETE', `/${nowhere}/channels/${mapping}`),
    await send('GET', `/${nowhere}/channels`),
  ]) {
    expect(body).toEqual(aProblem('plugin.unknown', { status: 404 }))
  }
})

test('raises the version of the instance, and refuses changes made for another', async () => {
  const instance = await anInstance()
  const tagNow = async (): Promise<string> => (await send('GET', `/${instance}`)).headers.get('etag') ?? ''
  const tags = [await tagNow()]
  const steps: [string, string, object?][] = [['POST', '/channels', aChannel()]]
  const made = await send('POST', `/${instance}/channels`, { body: aChannel(), headers: { 'if-match': tags[0] ?? '' } })
  tags.push(made.headers.get('etag') ?? '')
  const path = `/channels/${made.body.public_id}`
  steps.push(['PUT', path, { event_public_id: await createEvent() }], ['DELETE', path])
  for (const [method, at, body] of steps) {
    const call = (tag = ''): Call => ({ ...(body && { body }), headers: { 'if-match': tag } })
    expect((await send(method, `/${instance}${at}`, call(tags[0]))).body).toEqual(
      aProblem('request.precondition', { status: 412 }),
    )
    const answer = await send(method, `/${instance}${at}`, call(tags.at(-1)))
    expect(answer.status).toBeLessThan(300)
    tags.push(answer.headers.get('etag') ?? '')
    expect(await tagNow()).toBe(tags.at(-1))
  }
  expect(new Set(tags).size).toBe(5)
})

test('takes so many channels and no more', async () => {
  const instance = await anInstance()
  const row = await site.db.db
    .selectFrom('plugin_instances')
    .select('id')
    .where('public_id', '=', instance as never)
    .executeTakeFirstOrThrow()
  const rows = Array.from({ length: MAX_CHANNELS - 1 }, (_, number) => ({
    ...{ public_id: newId('map'), instance_id: row.id, channel_id: `n${number}`, channel_name: 'N' },
    ...{ direction: 'input' as const, unit: 'x' },
  }))
  await site.db.db.insertInto('channel_mappings').values(rows).execute()
  const answers = await Promise.all([map(instance), map(instance)])
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 422])
})
