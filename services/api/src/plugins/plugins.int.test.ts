import type { PluginInstance } from '@webmacs/contracts'
import { until } from '@webmacs/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiSite, aProblem, startApiSite } from '../testing/api-site.ts'
import { announceController, desiredInstances, report } from '../testing/controllers.ts'

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite({ WEBMACS_AUTO_SEED: 'true' })
  await announceController(site.bus)
  await until('instances are made', async () => (await desiredInstances(site.bus)).size === 2)
})
afterAll(() => site[Symbol.asyncDispose]())

const list = async (query = ''): Promise<{ total: number; data: PluginInstance[] }> =>
  (await site.api.get(`/api/v1/plugins${query}`, { as: 'viewer' })).body
const reactor = async (): Promise<PluginInstance> => {
  const found = (await list()).data.find(({ instance_name }) => instance_name === 'Simulated Reactor')
  if (found === undefined) throw new Error('no reactor')
  return found
}

test('lists instances with their channels, in the order they were made', async () => {
  const { total, data } = await list()
  expect(total).toBe(2)
  expect(data.map(({ instance_name }) => instance_name)).toEqual(['System Monitor', 'Simulated Reactor'])
  expect(data[1]).toEqual({
    public_id: expect.stringMatching(/^plg_[0-9a-z]{12}$/),
    plugin_id: 'simulated',
    instance_name: 'Simulated Reactor',
    demo_mode: true,
    enabled: true,
    status: 'inactive',
    config_json: null,
    error_message: null,
    driven_by: 'controller',
    interval_ms: 1000,
    restarts: 0,
    created_on: expect.stringMatching(/Z$/),
    updated_on: expect.stringMatching(/Z$/),
    user_public_id: null,
    channel_mappings: expect.arrayContaining([
      {
        public_id: expect.stringMatching(/^map_[0-9a-z]{12}$/),
        channel_id: 'temperature',
        channel_name: 'Temperature',
        direction: 'input',
        unit: '°C',
        event_public_id: expect.stringMatching(/^evt_/),
        created_on: expect.stringMatching(/Z$/),
        settings: {},
        is_present: null,
      },
    ]),
  })
  expect((await list('?page=2&page_size=1')).data.map(({ plugin_id }) => plugin_id)).toEqual(['simulated'])
})

test('tells how an instance is, as its controller reports it', async () => {
  const { public_id } = await reactor()
  await report(site.bus, public_id, { status: 'demo' })
  await until('it shows', async () => (await reactor()).status === 'demo')
  await report(site.bus, public_id, { status: 'error', error_message: 'no such device' })
  const failed = await until('the error shows', async () => {
    const instance = await reactor()
    return instance.status === 'error' ? instance : undefined
  })
  expect(failed.error_message).toBe('no such device')
})

test('tells of a disabled instance only that it is inactive', async () => {
  const { public_id } = await reactor()
  await site.db.db.updateTable('plugin_instances').set({ enabled: false }).where('public_id', '=', public_id).execute()
  expect(await reactor()).toMatchObject({ status: 'inactive', error_message: null })
})

test('gives the configuration as text, as it always was', async () => {
  const { public_id } = await reactor()
  await site.db.db
    .updateTable('plugin_instances')
    .set({ config: '{"host":"10.0.0.7"}' })
    .where('public_id', '=', public_id)
    .execute()
  expect((await reactor()).config_json).toBe('{"host":"10.0.0.7"}')
})

test('reads one instance, and its channels alone', async () => {
  const instance = await reactor()
  const one = await site.api.get(`/api/v1/plugins/${instance.public_id}`, { as: 'viewer' })
  expect(one.body).toEqual(instance)
  const channels = await site.api.get(`/api/v1/plugins/${instance.public_id}/channels`, { as: 'viewer' })
  expect(channels.body).toEqual(instance.channel_mappings)
})

test.each(['/plugins/plg_000000000000', '/plugins/nonsense', '/plugins/plg_000000000000/channels'])(
  'answers 404 for %s',
  async (path) => {
    const { body } = await site.api.get(`/api/v1${path}`, { as: 'viewer' })
    expect(body).toEqual(aProblem('plugin.unknown', { status: 404 }))
  },
)

test('lists once what several controllers can run', async () => {
  await announceController(site.bus, 'second')
  const { body } = await site.api.get('/api/v1/plugins/available', { as: 'viewer' })
  expect(body).toEqual([
    { id: 'simulated', name: 'Simulated Device', version: '3.0.0', vendor: 'WebMACS', description: 'Bundled', url: '' },
    { id: 'system', name: 'System', version: '3.0.0', vendor: 'WebMACS', description: 'Bundled', url: '' },
  ])
})
