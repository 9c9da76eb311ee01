import { connectBus } from '@webmacs/bus'
import { nowMicros } from '@webmacs/contracts'
import { ensurePartitions, openDatabase, partitionsBetween } from '@webmacs/database'
import { expect, test } from 'vitest'
import { createTestBus, createTestDatabase, startTcpProxy, until } from './index.ts'
import { quietLog } from './quiet-log.ts'

test('gives each caller a migrated database of its own', async () => {
  await using one = await createTestDatabase()
  await using two = await createTestDatabase()
  await one.db.db.insertInto('controllers').values({ name: 'lab' }).execute()
  expect(await one.db.db.selectFrom('controllers').selectAll().execute()).toHaveLength(1)
  expect(await two.db.db.selectFrom('controllers').selectAll().execute()).toHaveLength(0)
})

test('makes missing partitions once, however many ask at the same time', async () => {
  await using site = await createTestDatabase()
  const wanted = partitionsBetween(nowMicros(), nowMicros() + 14 * 86_400 * 1e6)
  const made = await Promise.all([1, 2, 3].map(() => ensurePartitions(site.db.db, wanted)))
  expect(made.flat().sort()).toEqual(wanted.map(({ name }) => name))
  await site.db.db.insertInto('datapoints').values({ ts: new Date().toISOString(), value: 1, event_id: 1 }).execute()
})

test('gives each caller subjects of its own', async () => {
  await using one = await createTestBus()
  await using two = await createTestBus()
  await one.bus.js.publish(one.bus.names.subjects.readings('lab'), '{}')
  const { state } = await two.bus.jsm.streams.info(two.bus.names.streams.readings)
  expect(state.messages).toBe(0)
})

test('cuts a client off from the broker and lets it come back', async () => {
  await using site = await createTestBus()
  await using proxy = await startTcpProxy(site.url)
  const bus = await connectBus({ url: proxy.url, prefix: site.prefix, name: 'client', log: quietLog })
  proxy.refuse()
  await until('the client notices', () => bus.status() === 'disconnected')
  proxy.resume()
  await until('the client is back', () => bus.status() === 'connected')
  await bus.close()
})

test('cuts a connection at the very bytes that the client sends', async () => {
  await using site = await createTestDatabase()
  await using proxy = await startTcpProxy(site.url)
  const database = openDatabase({ url: proxy.url, maxConnections: 1, applicationName: 'client' })
  proxy.cutWhenClientSends('commit')
  const attempt = database.db
    .transaction()
    .execute((trx) => trx.insertInto('controllers').values({ name: 'lab' }).execute())
  await expect(attempt).rejects.toThrow()
  expect(await database.db.selectFrom('controllers').selectAll().execute()).toEqual([])
  await database.close()
})

test('fails with the name of what did not happen', async () => {
  await expect(until('the moon turns blue', () => false, { timeoutMs: 50 })).rejects.toThrow('the moon turns blue')
})
