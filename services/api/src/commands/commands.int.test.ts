import { type CommandRequest, type CommandState, newId } from '@webmacs/contracts'
import { startTcpProxy, until } from '@webmacs/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, type ApiSite, aProblem, startApiSite } from '../testing/api-site.ts'
import { aChannel, report } from '../testing/controllers.ts'
import { anOutput, startController, type TestOutput } from '../testing/outputs.ts'
import { anEvent } from '../testing/stored-readings.ts'

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite()
})
afterAll(() => site[Symbol.asyncDispose]())

const post = (body: object, as: 'viewer' | 'operator' | 'admin' = 'operator', api = site.api): Promise<Answer> =>
  api.request('POST', '/api/v1/commands', { as, body })
const set = ({ event }: TestOutput, value: number, more: object = {}): Promise<Answer> =>
  post({ event_public_id: event.id, value, ...more })
const read = async (id: string) => (await site.api.get(`/api/v1/commands/${id}`, { as: 'viewer' })).body
const idIn = (detail: string): string => /\((cmd_[0-9a-z]{12})\)$/.exec(detail)?.[1] ?? detail

test('answers what the controller wrote, and keeps it', async () => {
  const output = await anOutput(site.db)
  const controller = await startController(site.bus, output.controller, () => ({ previous: 40 }))
  const { status, body } = await set(output, 42.5, { reason: 'Start of the ramp', expected_previous: 40, ttl_ms: 5000 })
  expect(status).toBe(201)
  expect(body).toMatchObject({
    event_public_id: output.event.id,
    instance_public_id: output.instance,
    instance_name: `Reactor ${output.instance}`,
    channel_id: 'heater',
    channel_name: 'Heater Power',
    unit: '%',
    ...{ value: 42.5, previous_value: 40, written_value: 42.5, readback_value: 42.5, clamped: false },
    ...{ state: 'confirmed', is_final: true, code: null, detail: null, reason: 'Start of the ramp' },
    requested_by: { kind: 'user', id: site.users.operator.id, name: `operator ${site.users.operator.id}` },
  })
  expect(body.transitions.map(({ state }: { state: string }) => state)).toEqual([
    'requested',
    'accepted',
    'written',
    'confirmed',
  ])
  expect(body.latency_ms).toBeGreaterThan(0)
  expect(body.written_on >= body.requested_on && body.finished_on === body.transitions[3].time).toBe(true)
  expect(await read(body.public_id)).toEqual(body)
  expect(controller.done).toEqual([
    expect.objectContaining({
      ...{ id: body.public_id, instance: output.instance, channel: 'heater', event: output.event.id, value: 42.5 },
      ...{
        expected_previous: 40,
        reason: 'Start of the ramp',
        requested_by: body.requested_by,
        answer_within_ms: 1800,
      },
      ...{ requested_on: body.requested_on, expires_at: body.expires_on },
    }),
  ])
})

test.each([
  ['written', {}, { is_final: false, readback_value: null, finished_on: null }],
  ['unverified', {}, { is_final: true, readback_value: null }],
  ['confirmed', { clamped: true, written: 80, readback: 80 }, { clamped: true, written_value: 80, value: 90 }],
] as const)('answers 201 for %s %j', async (state, deed, shown) => {
  const output = await anOutput(site.db, { direction: 'bidirectional' })
  await startController(site.bus, output.controller, () => ({ state, ...deed }))
  const { status, body } = await set(output, 90)
  expect([status, body]).toEqual([201, expect.objectContaining({ state, ...shown })])
})

test.each([
  ['refused', 'command.refused', 409],
  ['superseded', 'command.superseded', 409],
  ['failed', 'command.failed', 409],
  ['failed', 'device.away', 504],
  ['mismatch', 'command.mismatch', 409],
  ['expired', 'command.expired', 504],
  ['timeout', 'command.timeout', 504],
] as const)('says why a command is %s (%s), and under which id it is kept', async (state, code, status) => {
  const output = await anOutput(site.db)
  const detail = 'Because the plant says so.'
  await startController(site.bus, output.controller, () => ({ state, code, detail }))
  const answer = await set(output, 1)
  expect(answer.status).toBe(status)
  expect(answer.body).toEqual(
    aProblem(code, { status, detail: expect.stringMatching(/^Because the plant says so\. \(cmd_/) }),
  )
  expect(await read(idIn(answer.body.detail))).toMatchObject({ state, code, detail, is_final: true })
})

test('says so when the device has not taken the value yet', async () => {
  const output = await anOutput(site.db)
  await startController(site.bus, output.controller, () => ({ state: 'accepted' }))
  const { body } = await set(output, 1, { ttl_ms: 30_000 })
  expect(body).toEqual(aProblem('command.timeout', { status: 504 }))
  expect(await read(idIn(body.detail))).toMatchObject({ state: 'accepted', is_final: false })
})

test('answers at once when there is no controller', async () => {
  const output = await anOutput(site.db)
  const { status, body, headers } = await set(output, 1)
  expect([status, body]).toEqual([504, aProblem('controller.away', { status: 504 })])
  expect(body.detail).toMatch(new RegExp(`^The controller '${output.controller}' does not answer\\. \\(cmd_`))
  expect(headers.get('retry-after')).not.toBeNull()
  expect(await read(idIn(body.detail))).toMatchObject({
    ...{ state: 'timeout', code: 'controller.away', is_final: true, written_value: null, latency_ms: null },
    transitions: [{ state: 'requested' }, { state: 'timeout' }],
  })
})

test('waits about two seconds for a controller that says nothing', async () => {
  const output = await anOutput(site.db)
  const never = Promise.withResolvers<object>()
  const controller = await startController(site.bus, output.controller, () => never.promise)
  const asked = performance.now()
  const { body } = await set(output, 1)
  const tookMs = performance.now() - asked
  expect(body).toEqual(aProblem('controller.away', { status: 504 }))
  expect(tookMs).toBeGreaterThan(1700)
  expect(tookMs).toBeLessThan(4000) // 2.2 s, and what a busy machine adds
  never.resolve({})
  await controller.stop()
})

test('takes a refusal of the request itself for what it is', async () => {
  const output = await anOutput(site.db)
  const { nc, names } = site.bus.bus
  nc.subscribe(names.subjects.commands(output.controller), {
    callback: (_err, message) => {
      message.respond(JSON.stringify({ error: { code: 'request.invalid', detail: 'No such instance.' } }))
    },
  })
  await nc.flush()
  const { body } = await set(output, 1)
  expect(body).toEqual(
    aProblem('command.refused', { status: 409, detail: expect.stringMatching(/^No such instance\. /) }),
  )
})

test('finds a mapped or unmapped channel by its instance', async () => {
  const output = await anOutput(site.db)
  const controller = await startController(site.bus, output.controller)
  const { instance } = output
  const mapped = await post({ instance_public_id: instance, channel_id: 'heater', value: 3 })
  expect([mapped.status, mapped.body]).toEqual([201, expect.objectContaining({ event_public_id: output.event.id })])
  const valve = { instance_public_id: instance, channel_id: 'valve', value: 1 }
  expect((await post(valve)).body).toEqual(aProblem('plugin.undescribed', { status: 504 }))
  const channels = [
    aChannel({ id: 'valve', name: 'Valve', direction: 'output', unit: 'bool' }),
    aChannel({ id: 'level', name: 'Level' }),
  ]
  await report(site.bus, instance, { channels }, output.controller)
  const unmapped = await until('the channels are known', async () => {
    const answer = await post(valve)
    return answer.status === 201 ? answer.body : undefined
  })
  expect(unmapped).toMatchObject({ channel_name: 'Valve', unit: 'bool', event_public_id: null })
  expect(controller.done.at(-1)).toMatchObject({ channel: 'valve', event: null })
  expect((await post({ ...valve, channel_id: 'level' })).body).toEqual(
    aProblem('command.not-an-output', { status: 409 }),
  )
  expect((await post({ ...valve, channel_id: 'none' })).body).toEqual(aProblem('channel.unknown', { status: 404 }))
})

test('says what cannot be set, and asks nobody', async () => {
  const [input, disabled, external] = [
    await anOutput(site.db, { direction: 'input' }),
    await anOutput(site.db, { enabled: false }),
    await anOutput(site.db, { drivenBy: 'external' }),
  ]
  const unlinked = await anEvent(site.db)
  const instance_public_id = newId('plg')
  const cases = [
    [{ event_public_id: newId('evt') }, 'event.unknown', 404],
    [{ event_public_id: 'half \ud83d' }, 'request.invalid', 422],
    [{ event_public_id: unlinked.id }, 'event.not-linked', 409],
    [{ event_public_id: input.event.id }, 'command.not-an-output', 409],
    [{ event_public_id: disabled.event.id }, 'event.not-linked', 409],
    [{ event_public_id: external.event.id }, 'command.not-an-output', 409],
    [{ instance_public_id, channel_id: 'heater' }, 'plugin.unknown', 404],
    [{ instance_public_id: disabled.instance, channel_id: 'heater' }, 'event.not-linked', 409],
    [{ instance_public_id: external.instance, channel_id: 'heater' }, 'command.not-an-output', 409],
    [{ instance_public_id }, 'request.invalid', 422],
    [{}, 'request.invalid', 422],
    [{ event_public_id: input.event.id, channel_id: 'heater' }, 'request.invalid', 422],
  ] as const
  const { commands } = await site.db.db
    .selectFrom('commands')
    .select(({ fn }) => fn.countAll<number>().as('commands'))
    .executeTakeFirstOrThrow()
  for (const [which, code, status] of cases) {
    const answer = await post({ ...which, value: 1 })
    expect
      .soft(answer.body, JSON.stringify(which))
      .toEqual(aProblem(code, { status, ...('errors' in answer.body && { errors: expect.any(Array) }) }))
  }
  expect((await site.api.get('/api/v1/commands')).body.total).toBe(commands)
})

test('is for operators; viewers read', async () => {
  const output = await anOutput(site.db)
  await startController(site.bus, output.controller)
  expect((await post({ event_public_id: output.event.id, value: 1 }, 'viewer')).status).toBe(403)
  const { body } = await set(output, 1)
  expect((await site.api.get(`/api/v1/commands/${body.public_id}`, { as: 'viewer' })).status).toBe(200)
  expect((await site.api.get('/api/v1/commands/nothing')).body).toEqual(aProblem('command.unknown', { status: 404 }))
})

test('knows an API token by its name', async () => {
  const output = await anOutput(site.db)
  await startController(site.bus, output.controller)
  const made = await site.api.request('POST', '/api/v1/tokens', { as: 'operator', body: { name: 'ramp script' } })
  const body = { event_public_id: output.event.id, value: 1 }
  const answer = await site.api.request('POST', '/api/v1/commands', { token: made.body.token, body })
  expect(answer.body.requested_by).toEqual({ kind: 'token', id: made.body.public_id, name: 'ramp script' })
})

test('does nothing twice under one id, whichever instance of the service is asked', async () => {
  const output = await anOutput(site.db)
  const other = await site.startApi()
  const controller = await startController(site.bus, output.controller)
  const body = { public_id: newId('cmd'), event_public_id: output.event.id, value: 7 }
  const answers = await Promise.all([site.api, other, site.api, other].map((api) => post(body, 'operator', api)))
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201])
  const again = await post(body, 'operator', other)
  expect([again.status, again.body]).toEqual([200, answers[0]?.body])
  expect(controller.done).toHaveLength(1)
})

test('gives the same refusal again under one id', async () => {
  const output = await anOutput(site.db)
  const controller = await startController(site.bus, output.controller, () => ({
    state: 'refused',
    code: 'command.refused',
  }))
  const body = { public_id: newId('cmd'), event_public_id: output.event.id, value: 7 }
  for (let turn = 0; turn < 2; turn++)
    expect((await post(body)).body).toEqual(aProblem('command.refused', { status: 409 }))
  expect(controller.done).toHaveLength(1)
})

test('refuses an id that stands for another command, or for somebody else’s', async () => {
  const [output, another] = [await anOutput(site.db), await anOutput(site.db)]
  const controller = await startController(site.bus, output.controller)
  const body = { public_id: newId('cmd'), event_public_id: output.event.id, value: 7 }
  expect((await post(body)).status).toBe(201)
  const taken = aProblem('command.exists', { status: 409 })
  expect((await post({ ...body, value: 8 })).body).toEqual(taken)
  expect((await post({ ...body, event_public_id: another.event.id })).body).toEqual(taken)
  expect((await post(body, 'admin')).body).toEqual(taken)
  expect((await post({ ...body, public_id: 'cmd_short' })).status).toBe(422)
  expect(controller.done).toHaveLength(1)
})

test('asks again for a command whose first asker died, while it is young', async () => {
  const output = await anOutput(site.db)
  const public_id = newId('cmd')
  const never = Promise.withResolvers<object>()
  const first = await startController(site.bus, output.controller, () => never.promise)
  const body = { public_id, event_public_id: output.event.id, value: 7, ttl_ms: 30_000 }
  const lost = post(body)
  await until('it is asked', () => first.done.length === 1)
  const stopped = first.stop() // its answer is never sent in time
  const second = await startController(site.bus, output.controller)
  expect((await post(body)).status).toBe(200)
  expect(second.done.map(({ id }: CommandRequest) => id)).toEqual([public_id])
  never.resolve({ state: 'confirmed' })
  await stopped
  expect((await lost).status).toBe(201)
})

test('says nothing was done while the broker is away', async () => {
  await using proxy = await startTcpProxy(site.bus.url)
  const output = await anOutput(site.db)
  const alone = await site.startApi({ NATS_URL: proxy.url })
  proxy.refuse()
  await until('the loss is noticed', async () => (await alone.get('/health', { as: 'nobody' })).body.broker === 'error')
  const body = { public_id: newId('cmd'), event_public_id: output.event.id, value: 7 }
  expect((await post(body, 'operator', alone)).body).toEqual(aProblem('broker.unavailable', { status: 503 }))
  expect((await site.api.get(`/api/v1/commands/${body.public_id}`)).status).toBe(404)
  proxy.resume()
})

test('lists commands, newest first, and narrows them', async () => {
  await using own = await startApiSite()
  const [one, other] = [await anOutput(own.db), await anOutput(own.db)]
  await startController(own.bus, one.controller)
  const send = async ({ event }: TestOutput, as: 'operator' | 'admin', value: number): Promise<void> => {
    await own.api.request('POST', '/api/v1/commands', { as, body: { event_public_id: event.id, value } })
  }
  await send(one, 'operator', 1)
  await send(one, 'admin', 2)
  await send(other, 'operator', 3)
  const list = async (query = '') => (await own.api.get(`/api/v1/commands?${query}`, { as: 'viewer' })).body
  const valuesOf = async (query: string): Promise<number[]> =>
    (await list(query)).data.map(({ value }: { value: number }) => value)
  const all = await list()
  expect(all).toMatchObject({ page: 1, total: 3, data: [{ value: 3 }, { value: 2 }, { value: 1 }] })
  expect(await valuesOf(`event=${one.event.id}`)).toEqual([2, 1])
  expect(await valuesOf(`instance=${other.instance}`)).toEqual([3])
  expect(await valuesOf('state=timeout')).toEqual([3])
  expect(await valuesOf(`user=${own.users.operator.id}&state=confirmed`)).toEqual([1])
  expect(await valuesOf(`from=${all.data[1].requested_on}`)).toEqual([3, 2])
  expect(await valuesOf(`to=${all.data[1].requested_on}`)).toEqual([1])
  expect(await valuesOf('page=2&page_size=2')).toEqual([1])
  expect(await valuesOf('event=nothing')).toEqual([])
  expect((await own.api.get('/api/v1/commands?state=warm')).status).toBe(422)
  expect((await own.api.get('/api/v1/commands?from=noon')).status).toBe(422)
})

test('takes four statements, those of the history apart', async () => {
  const output = await anOutput(site.db)
  await startController(site.bus, output.controller)
  const statements = async (): Promise<number> => {
    const metrics = await (await fetch(`${site.api.opsUrl}/metrics`)).text()
    return Number(/^webmacs_database_statements_total\{.*\} (\d+)$/m.exec(metrics)?.[1])
  }
  const taken: number[] = []
  for (let turn = 0; turn < 8; turn++) {
    const before = await statements()
    expect((await set(output, turn)).status).toBe(201)
    taken.push((await statements()) - before)
  }
  expect(Math.min(...taken)).toBe(4) // who asks, which output, the order, the report
})

test('tells who follows changes what became of a command', async () => {
  const output = await anOutput(site.db)
  await startController(site.bus, output.controller)
  const heard: { verb: CommandState; id: string; by: string }[] = []
  const { nc, names } = site.bus.bus
  nc.subscribe(names.subjects.changes('command', '*'), { callback: (_err, message) => void heard.push(message.json()) })
  await nc.flush()
  const { body } = await set(output, 1)
  const told = await until('it is told', () => heard.find(({ id }) => id === body.public_id))
  expect(told).toMatchObject({ entity: 'command', verb: 'confirmed', by: site.users.operator.id })
})
