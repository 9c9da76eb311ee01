import { type Client, createClient, isClientError, passwordSession } from '@webmacs/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiSite, PASSWORD, startApiSite } from './api-site.ts'
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
