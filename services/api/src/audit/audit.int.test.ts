import type { AuditEntry } from '@webmacs/contracts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, type ApiSite, aProblem, startApiSite } from '../testing/api-site.ts'

let site: ApiSite
/** Made by the operator, changed by the admin, retired by the operator. */
let event: string
beforeAll(async () => {
  site = await startApiSite()
  const body = { name: 'TT-101', min_value: 0, max_value: 100, unit: '°C', type: 'sensor' }
  event = (await site.api.request('POST', '/api/v1/events', { as: 'operator', body })).body.public_id
  await site.api.request('PUT', `/api/v1/events/${event}`, { as: 'admin', body: { unit: 'K' } })
  await site.api.request('POST', '/api/v1/experiments', { as: 'operator', body: { name: 'Run 1' } })
  await site.api.request('DELETE', `/api/v1/events/${event}`, { as: 'operator' })
})
afterAll(() => site[Symbol.asyncDispose]())

const ask = (query: Record<string, string> = {}): Promise<Answer> =>
  site.api.get(`/api/v1/audit?${new URLSearchParams(query)}`)
const entriesFor = async (query: Record<string, string> = {}): Promise<AuditEntry[]> => (await ask(query)).body.data
const actionsFor = async (query: Record<string, string>): Promise<string[]> =>
  (await entriesFor(query)).map(({ entity, action }) => `${entity} ${action}`)

test('shows who changed what, newest first, with before and after', async () => {
  const { status, body } = await ask()
  expect(status).toBe(200)
  expect(body).toMatchObject({ page: 1, page_size: 25, total: 4 })
  expect(body.data.map(({ entity, action }: AuditEntry) => `${entity} ${action}`)).toEqual([
    'event retired',
    'experiment started',
    'event updated',
    'event created',
  ])
  const { rows } = await site.db.pool.query(
    `SELECT username FROM users WHERE role = 'admin' AND username LIKE 'admin %'`,
  )
  expect(body.data[2]).toEqual({
    id: expect.any(Number),
    time: expect.stringMatching(/^20.*Z$/),
    user_public_id: site.users.admin.id,
    username: rows[0].username,
    token_public_id: null,
    entity: 'event',
    entity_public_id: event,
    action: 'updated',
    before: expect.objectContaining({ name: 'TT-101', unit: '°C', tags: [] }),
    after: expect.objectContaining({ name: 'TT-101', unit: 'K', tags: [] }),
  })
  expect(body.data[3]).toMatchObject({ before: null, after: { unit: '°C' } })
  expect(body.data[0]).toMatchObject({ before: { unit: 'K' }, after: null })
})

test('narrows by user, kind of thing, thing and action', async () => {
  expect(await actionsFor({ user: site.users.admin.id })).toEqual(['event updated'])
  expect(await actionsFor({ user: site.users.operator.id, entity: 'event' })).toEqual([
    'event retired',
    'event created',
  ])
  expect(await actionsFor({ entity: 'experiment' })).toEqual(['experiment started'])
  expect(await actionsFor({ entity_id: event })).toEqual(['event retired', 'event updated', 'event created'])
  expect(await actionsFor({ entity_id: event, action: 'created' })).toEqual(['event created'])
  expect(await actionsFor({ entity: 'experiment', entity_id: event })).toEqual([])
})

test.each([
  { user: 'usr_000000000000' },
  { user: 'nobody' },
  { user: '' },
  { entity: 'spoon' },
  { action: "' OR 1=1" },
])('finds nothing for %j', async (query) => {
  expect((await ask(query)).body).toEqual({ page: 1, page_size: 25, total: 0, data: [] })
})

test('narrows by time: not before the one, before the other', async () => {
  const all = await entriesFor()
  const [newest, , second, oldest] = all.map(({ time }) => time)
  expect(await entriesFor({ from: second ?? '' })).toEqual(all.slice(0, 3))
  expect(await entriesFor({ to: second ?? '' })).toEqual(all.slice(3))
  expect(await entriesFor({ from: oldest ?? '', to: newest ?? '' })).toEqual(all.slice(1))
  expect(await entriesFor({ from: '2001-02-03', to: '2001-02-03T04:05+01:00' })).toEqual([])
  expect(await entriesFor({ from: '0001-01-01', to: '9999-12-31T23:59:59Z' })).toEqual(all)
})

test.each([
  '',
  'yesterday',
  '2026-02-30',
  '0000-01-01',
  '9999-12-31T23:00-23:00',
  '0001-01-01T00:00+01:00',
  '1732000000',
])('refuses the moment "%s" and names where it stands', async (text) => {
  for (const field of ['from', 'to']) {
    expect((await ask({ [field]: text })).body).toEqual(
      aProblem('request.invalid', {
        status: 422,
        errors: [{ field: `query.${field}`, rule: expect.any(String), value: text }],
      }),
    )
  }
})

test('refuses text that no entry can hold', async () => {
  expect((await ask({ user: '\u0000' })).status).toBe(422)
  expect((await ask({ entity: 'x'.repeat(65) })).body.errors[0]).toMatchObject({ field: 'query.entity' })
})

test('gives pages by number, or by what to pass over', async () => {
  const all = await entriesFor()
  expect((await ask({ page: '2', page_size: '3' })).body).toEqual({
    page: 2,
    page_size: 3,
    total: 4,
    data: all.slice(3),
  })
  expect((await ask({ skip: '1', limit: '2' })).body).toMatchObject({ total: 4, data: all.slice(1, 3) })
  expect((await ask({ page: '1000000000', page_size: '100' })).body).toMatchObject({ total: 4, data: [] })
  expect((await ask({ page_size: '101' })).status).toBe(422)
})

test('names the API token that was used, and the system where it was itself', async () => {
  await site.db.pool.query(`
    INSERT INTO audit_log (user_id, token_id, entity, entity_id, action)
    VALUES (null, null, 'installation', 'demo', 'seeded'),
      ((SELECT id FROM users WHERE public_id = '${site.users.viewer.id}'), 'tok_7k2m9q4tx3ab', 'thing', 'x', 'done')`)
  const [done] = await entriesFor({ entity: 'thing' })
  expect(done).toMatchObject({ token_public_id: 'tok_7k2m9q4tx3ab', user_public_id: site.users.viewer.id })
  const [seeded] = await entriesFor({ entity: 'installation' })
  expect(seeded).toMatchObject({ token_public_id: null, user_public_id: null, username: null })
})

test.each([`UPDATE audit_log SET action = 'nothing'`, 'DELETE FROM audit_log WHERE false', 'TRUNCATE audit_log'])(
  'the database refuses "%s"',
  async (statement) => {
    const before = await entriesFor()
    await expect(site.db.pool.query(statement)).rejects.toThrow('The audit log only grows')
    expect(await entriesFor()).toEqual(before)
  },
)

interface Plan {
  readonly 'Node Type': string
  readonly Plans?: readonly Plan[]
}
const nodesOf = (plan: Plan): string[] => [plan['Node Type'], ...(plan.Plans ?? []).flatMap(nodesOf)]

test('finds a deep page of many entries without sorting or reading those before it', async () => {
  await using large = await startApiSite()
  await large.db.pool.query(`
    INSERT INTO audit_log (time, user_id, entity, entity_id, action, before, after)
    SELECT timestamptz '2026-01-01' + n / 3 * interval '1 second', (SELECT min(id) FROM users), 'event', 'evt_' || n % 1000,
      'updated', jsonb_build_object('text', repeat('x', 200)), jsonb_build_object('number', n)
    FROM generate_series(1, 200000) AS n`)
  await large.db.pool.query('VACUUM ANALYZE audit_log')
  for (const query of ['', '&entity=event', '&entity_id=evt_7', '&action=updated', '&from=2026-01-01&to=2026-02-01']) {
    const skip = query.includes('entity_id') ? 150 : 150_000
    const { body } = await large.api.get(`/api/v1/audit?skip=${skip}&limit=25${query}`)
    expect(body.total).toBe(query.includes('entity_id') ? 200 : 200_000)
    const numbers = body.data.map(({ after }: { after: { number: number } }) => after.number)
    expect(numbers).toHaveLength(25)
    expect(numbers).toEqual(numbers.toSorted((one: number, other: number) => other - one))
  }
  for (const condition of ['true', `entity = 'event'`, `entity_id = 'evt_7'`, 'user_id = 1']) {
    const { rows } = await large.db.pool.query(`
      EXPLAIN (FORMAT JSON) SELECT id FROM audit_log WHERE ${condition} ORDER BY time DESC, id DESC LIMIT 25 OFFSET 100`)
    expect(nodesOf(rows[0]['QUERY PLAN'][0].Plan).join(), condition).toMatch(/^Limit,Index( Only)? Scan$/)
  }
})
