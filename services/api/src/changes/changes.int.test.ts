import { Change, newId } from '@webmacs/contracts'
import { createValidator } from '@webmacs/contracts/validation'
import { createTestBus, startTcpProxy, type TestBus, until } from '@webmacs/testing'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiSite, startApiSite, type TestApi } from '../testing/api-site.ts'
import { Changes } from './changes.ts'

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite()
})
afterAll(() => site[Symbol.asyncDispose]())

const validate = createValidator(Change, 'change')

/** Changes of events as they come over the bus, as `entity.verb id`. */
function heardOn({ bus }: TestBus): string[] {
  const heard: string[] = []
  bus.nc.subscribe(bus.names.subjects.changes('event', '*'), {
    callback: (_err, message) => {
      const change = validate(message.json())
      heard.push(change.ok ? `${change.value.entity}.${change.value.verb} ${change.value.id}` : 'invalid')
    },
  })
  return heard
}

async function createEvent(api: TestApi): Promise<string> {
  const body = { name: newId('evt'), min_value: 0, max_value: 1, unit: 'x', type: 'sensor' }
  const answer = await api.request('POST', '/api/v1/events', { body })
  expect(answer.status).toBe(201)
  return answer.body.public_id
}

const waiting = async (): Promise<number> =>
  (await site.db.db.selectFrom('change_outbox').select('id').execute()).length

test('tells each change once, in order, within a second', async () => {
  const heard = heardOn(site.bus)
  const ids = [await createEvent(site.api), await createEvent(site.api)]
  await site.api.request('DELETE', `/api/v1/events/${ids[0]}`)
  const expected = [`event.created ${ids[0]}`, `event.created ${ids[1]}`, `event.retired ${ids[0]}`]
  await until('all are told', () => heard.length >= 3, { timeoutMs: 1000 })
  expect(heard).toEqual(expected)
  await until('the outbox is empty', async () => (await waiting()) === 0)
})

test('tells what was changed while the broker was away, when it is back', async () => {
  await using proxy = await startTcpProxy(site.bus.url)
  const heard = heardOn(site.bus)
  const alone = await site.startApi({ NATS_URL: proxy.url })
  proxy.refuse()
  await until('the loss is noticed', async () => (await alone.get('/health', { as: 'nobody' })).body.broker === 'error')
  const id = await createEvent(alone)
  // The instance that has a broker tells for the one that has none.
  await until('it is told', () => heard.includes(`event.created ${id}`), { timeoutMs: 3000 })
  proxy.resume()
})

test('tells what an instance left behind that died after its commit', async () => {
  await using other = await startApiSite()
  const heard = heardOn(other.bus)
  await other.db.db
    .insertInto('change_outbox')
    .values({ entity: 'event', verb: 'created', entity_id: 'evt_leftbehind00', user_public_id: null })
    .execute()
  await until('it is told', () => heard.includes('event.created evt_leftbehind00'), { timeoutMs: 3000 })
})

test('keeps neither audit entry nor message of a change that was not made', async () => {
  const before = await site.db.db.selectFrom('audit_log').select('id').execute()
  const taken = { name: 'taken', min_value: 0, max_value: 1, unit: 'x', type: 'sensor' }
  expect((await site.api.request('POST', '/api/v1/events', { body: taken })).status).toBe(201)
  await until('the outbox is empty', async () => (await waiting()) === 0)
  expect((await site.api.request('POST', '/api/v1/events', { body: taken })).status).toBe(409)
  expect(await waiting()).toBe(0)
  expect((await site.db.db.selectFrom('audit_log').select('id').execute()).length).toBe(before.length + 1)
})

test('makes both of two changes that wait for one another, each once', async () => {
  const [one, other] = [await createEvent(site.api), await createEvent(site.api)]
  const changes = new Changes(site.db.db)
  const told: string[] = []
  changes.onChange(({ verb }) => void told.push(verb))
  const bothHoldTheirFirst = Promise.withResolvers<void>()
  let holding = 0
  const crosswise = (first: string, second: string, verb: string): Promise<void> =>
    changes.make(null, async ({ trx, record }) => {
      const lock = (id: string) => sql`SELECT FROM events WHERE public_id = ${id} FOR UPDATE`.execute(trx)
      await lock(first)
      await record({ entity: 'event', verb, id: first })
      holding += 1
      if (holding === 2) bothHoldTheirFirst.resolve()
      await bothHoldTheirFirst.promise
      await lock(second)
    })
  await Promise.all([crosswise(one, other, 'pushed'), crosswise(other, one, 'pulled')])
  expect(holding).toBe(3)
  expect(told.sort()).toEqual(['pulled', 'pushed'])
  const { rows } = await site.db.pool.query(`SELECT action FROM audit_log WHERE action IN ('pulled', 'pushed')`)
  expect(rows).toHaveLength(2)
})

test('several instances tell every change, and none twice', async () => {
  await using bus = await createTestBus()
  const more = await Promise.all([site.startApi(), site.startApi()])
  const heard = heardOn(site.bus)
  const made = await Promise.all(
    Array.from({ length: 30 }, (_, turn) => createEvent([site.api, ...more][turn % 3] ?? site.api)),
  )
  await until('all are told', () => made.every((id) => heard.includes(`event.created ${id}`)), { timeoutMs: 3000 })
  const stored = await bus.bus.jsm.streams.info(site.bus.bus.names.streams.changes, { subjects_filter: '>' })
  expect(heard.length).toBe(new Set(heard).size)
  expect(stored.state.messages).toBeGreaterThanOrEqual(30)
})
