import { verifyPassword } from '@webmacs/auth/passwords'
import { SERVICE_VERSION } from '@webmacs/service-kit'
import { until } from '@webmacs/testing'
import { expect, test } from 'vitest'
import { startApiSite } from '../testing/api-site.ts'
import { announceController, desiredInstances } from '../testing/controllers.ts'

const SEEDING = { WEBMACS_AUTO_SEED: 'true' }
const marker = 'demo-instances'

test('makes the first admin when there is no user, once for two instances that start together', async () => {
  await using site = await startApiSite()
  const { db } = site.db
  await db.deleteFrom('users').execute()
  await Promise.all([site.startApi(), site.startApi()])
  const users = await db.selectFrom('users').select(['email', 'username', 'role', 'password_hash']).execute()
  expect(users).toMatchObject([{ email: 'admin@webmacs.io', username: 'admin', role: 'admin' }])
  expect(await verifyPassword(users[0]?.password_hash ?? undefined, 'admin123')).toBe(true)
  const login = await site.api.request('POST', '/api/v1/auth/login', {
    as: 'nobody',
    body: { email: 'admin@webmacs.io', password: 'admin123' },
  })
  expect(login.status).toBe(200)
})

test('makes no admin beside users that are there', async () => {
  await using site = await startApiSite()
  expect(
    await site.db.db.selectFrom('users').select('email').where('email', '=', 'admin@webmacs.io').execute(),
  ).toEqual([])
})

test('notes each start for the Logs page, in the first admin’s name', async () => {
  await using site = await startApiSite()
  await site.startApi()
  const entries = await site.db.db
    .selectFrom('log_entries')
    .innerJoin('users', 'users.id', 'log_entries.user_id')
    .select(['content', 'logging_type', 'users.public_id as owner'])
    .execute()
  const entry = { content: `WebMACS ${SERVICE_VERSION} started.`, logging_type: 'info', owner: site.users.admin.id }
  expect(entries).toEqual([entry, entry])
})

test('makes the demo instances with events and channels when the first controller shows up, and tells it to run them', async () => {
  await using site = await startApiSite(SEEDING)
  await site.startApi()
  await announceController(site.bus)
  const desired = await until('the controller is told', async () => {
    const instances = await desiredInstances(site.bus)
    return instances.size === 2 ? instances : undefined
  })
  expect(desired.get('System Monitor')).toMatchObject({
    plugin: 'system',
    enabled: true,
    demo_mode: false,
    interval_ms: 1000,
  })
  expect(desired.get('Simulated Reactor')).toMatchObject({
    plugin: 'simulated',
    enabled: true,
    demo_mode: true,
    config: {},
  })
  expect(desired.get('Simulated Reactor')?.channels.map(({ channel }) => channel)).toEqual([
    'temperature',
    'valve',
    'heater',
  ])

  const { data } = (await site.api.get('/api/v1/events', { as: 'viewer' })).body
  expect(data.map(({ name, type, unit, max_value }: Record<string, unknown>) => [name, type, unit, max_value])).toEqual(
    [
      ['System Monitor – CPU Usage', 'sensor', '%', 200],
      ['Simulated Reactor – Temperature', 'sensor', '°C', 200],
      ['Simulated Reactor – Valve', 'actuator', 'bool', 1],
      ['Simulated Reactor – Heater', 'actuator', '%', 100],
    ],
  )
  expect(await site.db.db.selectFrom('plugin_instances').select('id').execute()).toHaveLength(2)
})

test('leaves instances that somebody removed alone', async () => {
  await using site = await startApiSite(SEEDING)
  await announceController(site.bus)
  await until('they are made', async () => (await desiredInstances(site.bus)).size === 2)
  await site.db.db.deleteFrom('plugin_instances').execute()
  await site.startApi()
  await announceController(site.bus)
  await until('the controller is told to stop them', async () => (await desiredInstances(site.bus)).size === 0)
  expect(await site.db.db.selectFrom('plugin_instances').select('id').execute()).toEqual([])
})

test('makes nothing beside events that somebody made', async () => {
  await using site = await startApiSite(SEEDING)
  await site.api.request('POST', '/api/v1/events', {
    body: { name: 'TT-101', min_value: 0, max_value: 1, unit: 'x', type: 'sensor' },
  })
  await announceController(site.bus)
  const { db } = site.db
  await until('it was decided', () =>
    db.selectFrom('installation').select('key').where('key', '=', marker).executeTakeFirst(),
  )
  expect(await db.selectFrom('plugin_instances').select('id').execute()).toEqual([])
})

test('only notes the controller when it is not to make demo instances', async () => {
  await using site = await startApiSite()
  await announceController(site.bus, 'lab-7')
  const { db } = site.db
  const row = await until('the controller is noted', () =>
    db.selectFrom('controllers').select('name').executeTakeFirst(),
  )
  expect(row).toEqual({ name: 'lab-7' })
  expect(await db.selectFrom('installation').select('key').execute()).toEqual([])
})
