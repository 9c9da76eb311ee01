import { newId } from '@webmacs/contracts'
import { startTcpProxy, until } from '@webmacs/testing'
import { expect, test } from 'vitest'
import { type ApiSite, startApiSite, type TestApi } from '../testing/api-site.ts'
import { desiredInstances } from '../testing/controllers.ts'
import { anEvent } from '../testing/stored-readings.ts'

/** An instance with one linked channel, made behind the service's back. */
async function anInstance(site: ApiSite, name: string): Promise<{ event: string }> {
  const { db } = site.db
  const event = await anEvent(site.db)
  await db
    .insertInto('controllers')
    .values({ name: 'local' })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const controller = await db.selectFrom('controllers').select('id').executeTakeFirstOrThrow()
  const instance = await db
    .insertInto('plugin_instances')
    .values({
      public_id: newId('plg'),
      controller_id: controller.id,
      plugin_id: 'simulated',
      instance_name: name,
      demo_mode: true,
      enabled: true,
      config: '{"host":"10.0.0.7","ports":[1,2]}',
      interval_ms: 250,
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
      event_id: event.key,
    })
    .execute()
  return { event: event.id }
}

const isTold = (site: ApiSite, name: string) =>
  until(`${name} is told`, async () => (await desiredInstances(site.bus)).get(name))

test('tells controllers at start what the tables say', async () => {
  await using site = await startApiSite()
  const { event } = await anInstance(site, 'Rig')
  await site.startApi()
  expect(await isTold(site, 'Rig')).toMatchObject({
    plugin: 'simulated',
    enabled: true,
    demo_mode: true,
    config: { host: '10.0.0.7', ports: [1, 2] },
    interval_ms: 250,
    channels: [{ channel: 'a', event, direction: 'input' }],
  })
})

test('unlinks the channel of a retired event within a second', async () => {
  await using site = await startApiSite()
  const { event } = await anInstance(site, 'Rig')
  await site.startApi()
  await isTold(site, 'Rig')
  await site.api.request('DELETE', `/api/v1/events/${event}`)
  await until('the channel is gone', async () => (await desiredInstances(site.bus)).get('Rig')?.channels.length === 0, {
    timeoutMs: 1000,
  })
})

test('writes only what differs, and takes away what is gone', async () => {
  await using site = await startApiSite()
  await anInstance(site, 'Stays')
  await anInstance(site, 'Goes')
  await site.startApi()
  await isTold(site, 'Goes')
  const before = await writesToBucket(site)
  await site.db.db.deleteFrom('plugin_instances').where('instance_name', '=', 'Goes').execute()
  await site.startApi()
  await until('the removal is told', async () => !(await desiredInstances(site.bus)).has('Goes'))
  expect(await writesToBucket(site)).toBe(before + 1)
})

/** How often anything was written to the bucket, or deleted from it. */
async function writesToBucket({ bus: { bus } }: ApiSite): Promise<number> {
  return (await bus.jsm.streams.info(`KV_${bus.names.buckets.controllers}`)).state.last_seq
}

const within1s = { timeoutMs: 1000 }

/** Makes an instance, changes it in every way and deletes it through `api`, and waits each time until its controller is told. */
async function tellsEveryChange(site: ApiSite, api: TestApi): Promise<void> {
  const told = async (name: string) => (await desiredInstances(site.bus)).get(name)
  const send = async (method: string, path: string, body?: object): Promise<string> => {
    const answer = await api.request(method, `/api/v1/plugins${path}`, body && { body })
    expect(answer.status).toBeLessThan(300)
    return answer.body.public_id
  }
  const event = await anEvent(site.db)
  const id = await send('POST', '', { plugin_id: 'simulated', instance_name: 'First' })
  await until('a new one is told', () => told('First'), within1s)
  await send('PUT', `/${id}`, { instance_name: 'Second', config_json: '{"a":1}' })
  await until('the new name is told', async () => (await told('Second'))?.config.a === 1, within1s)
  expect(await told('First')).toBeUndefined()
  const channel = { channel_id: 'c', channel_name: 'C', direction: 'input', unit: 'x', event_public_id: event.id }
  const mapping = await send('POST', `/${id}/channels`, channel)
  const channels = async () => (await told('Second'))?.channels.map((one) => one.event)
  await until('the channel is told', async () => (await channels())?.includes(event.id), within1s)
  await send('PUT', `/${id}/channels/${mapping}`, { event_public_id: null })
  await until('it is told no more', async () => (await channels())?.includes(event.id) === false, within1s)
  await send('PUT', `/${id}`, { enabled: false })
  await until('it is told to rest', async () => (await told('Second'))?.enabled === false, within1s)
  await send('DELETE', `/${id}`)
  await until('it is gone', async () => (await told('Second')) === undefined, within1s)
}

test('tells each change within a second, whichever instance of the service makes it', async () => {
  await using site = await startApiSite()
  const other = await site.startApi()
  await tellsEveryChange(site, site.api)
  await tellsEveryChange(site, other)
})

test('tells within a second what an instance changes that has lost its broker, through another one', async () => {
  await using site = await startApiSite()
  await using proxy = await startTcpProxy(site.bus.url)
  const alone = await site.startApi({ NATS_URL: proxy.url })
  proxy.refuse()
  await until('the loss is noticed', async () => (await alone.get('/health', { as: 'nobody' })).body.broker === 'error')
  await tellsEveryChange(site, alone)
  proxy.resume()
})

test('makes good what it could not tell while the broker was away', async () => {
  await using site = await startApiSite()
  await using proxy = await startTcpProxy(site.bus.url)
  const { event } = await anInstance(site, 'Rig')
  const api = await site.startApi({ NATS_URL: proxy.url })
  await isTold(site, 'Rig')
  await site.api[Symbol.asyncDispose]() // it would tell of the change
  proxy.refuse()
  await until('the loss is noticed', async () => (await api.get('/health', { as: 'nobody' })).body.broker === 'error')
  expect((await api.request('DELETE', `/api/v1/events/${event}`)).status).toBe(200)
  expect((await desiredInstances(site.bus)).get('Rig')?.channels).toHaveLength(1)
  proxy.resume()
  await until('the channel is gone', async () => (await desiredInstances(site.bus)).get('Rig')?.channels.length === 0)
})

test('starts while the database is away, and catches up when it comes', async () => {
  await using site = await startApiSite()
  await site.api[Symbol.asyncDispose]() // it would tell of the instance
  await anInstance(site, 'Rig')
  await using proxy = await startTcpProxy(site.db.pool.options.connectionString ?? '')
  proxy.refuse()
  const starting = site.startApi({ DATABASE_URL: proxy.url })
  expect(await desiredInstances(site.bus)).toEqual(new Map())
  proxy.resume()
  const api = await starting
  await isTold(site, 'Rig')
  expect((await api.get('/health', { as: 'nobody' })).body).toMatchObject({
    status: 'ok',
    database: 'ok',
    broker: 'ok',
  })
})
