import { type Client, createClient, isClientError, passwordSession } from '@webmacs/client'
import { until } from '@webmacs/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiSite, PASSWORD, startApiSite } from './api-site.ts'
import { aChannel, announceController, answerAsController } from './controllers.ts'
import { anOutput, startController } from './outputs.ts'

let site: ApiSite
let client: Client

beforeAll(async () => {
  site = await startApiSite()
  client = createClient(
    passwordSession({ baseUrl: site.api.url, email: site.users.operator.email, password: PASSWORD }),
  )
})
afterAll(() => site[Symbol.asyncDispose]())

const RANGE = { unit: '°C', min_value: 0, max_value: 100, type: 'sensor' } as const

test('the client logs in by itself, and again after its token was revoked', async () => {
  expect(await client.auth.me()).toMatchObject({ role: 'operator' })
  await client.auth.logout()
  expect(await client.auth.me()).toMatchObject({ role: 'operator' })
})

test('the client makes, reads, changes and deletes an event, and overwrites nobody', async () => {
  const { public_id } = await client.events.create({ name: 'TT-101', ...RANGE })
  const { value, version } = await client.events.getVersioned(public_id)
  expect(value).toMatchObject({ name: 'TT-101', unit: '°C' })
  await client.events.update(public_id, { unit: 'K' }, { ifVersion: version })
  const second = client.events.update(public_id, { unit: '°F' }, { ifVersion: version })
  await expect(second).rejects.toSatisfy((error) => isClientError(error, 'request.precondition'))
  expect(await client.events.get(public_id)).toMatchObject({ unit: 'K' })
  await client.events.delete(public_id)
  await expect(client.events.get(public_id)).rejects.toMatchObject({ status: 404, code: 'event.unknown' })
})

test('the client gathers all pages, and names the field that broke a rule', async () => {
  for (let n = 0; n < 101; n++) await client.events.create({ name: `E-${n}`, ...RANGE })
  const events = await client.events.all()
  expect(events.filter(({ name }) => name.startsWith('E-'))).toHaveLength(101)
  await expect(client.events.create({ name: ' ', ...RANGE })).rejects.toMatchObject({
    code: 'request.invalid',
    errors: [{ field: 'body.name' }],
  })
})

test('the client reads a driver, tests a device and shows what its channels show', async () => {
  await announceController(site.bus)
  const temperature = aChannel()
  const value = { channel_id: temperature.id, value: 21.5, quality: [], time: '2026-11-23T16:12:13.408444Z' }
  const tested = { ok: true, message: null, channels: [temperature], values: [value], duration_ms: 1 }
  await using _answers = await answerAsController(site.bus, {
    test: () => tested,
    values: () => ({ values: [value], overruns: 0 }),
  })
  const admin = createClient(
    passwordSession({ baseUrl: site.api.url, email: site.users.admin.email, password: PASSWORD }),
  )
  await until('the driver is known', async () => (await admin.plugins.available()).length > 0)
  expect((await admin.plugins.details('simulated')).channels[0]).toEqual(temperature)
  expect(await admin.plugins.test({ plugin_id: 'simulated' })).toEqual(tested)
  const { public_id } = await admin.plugins.create({ plugin_id: 'simulated', instance_name: 'Rig' })
  expect((await admin.plugins.values(public_id)).channels[0]).toEqual({ ...temperature, ...value })
})

test('the client sets an output, and reads what became of it', async () => {
  const output = await anOutput(site.db)
  await startController(site.bus, output.controller, ({ value }) => (value > 50 ? { state: 'refused' } : {}))
  const set = (value: number) => client.commands.create({ event_public_id: output.event.id, value })
  const command = await set(42)
  expect(command).toMatchObject({ state: 'confirmed', written_value: 42 })
  expect(await client.commands.get(command.public_id)).toEqual(command)
  await expect(set(60)).rejects.toMatchObject({ status: 409, code: 'command.refused' })
  const refused = await client.commands.all({ event: output.event.id, state: 'refused' })
  expect(refused.map(({ value }) => value)).toEqual([60])
})
