import { type ApiTokenId, newId } from '@webmacs/contracts'
import { until } from '@webmacs/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, type ApiSite, aProblem, aUser, startApiSite } from '../testing/api-site.ts'

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite()
})
afterAll(() => site[Symbol.asyncDispose]())

const tokens = '/api/v1/tokens'
const create = (token: string, body: object = {}): Promise<Answer> =>
  site.api.request('POST', tokens, { token, body: { name: 'weather station', ...body } })
const remove = (id: string, token: string): Promise<Answer> => site.api.request('DELETE', `${tokens}/${id}`, { token })
const me = (token: string): Promise<Answer> => site.api.get('/api/v1/auth/me', { token })
const fresh = (role: 'viewer' | 'operator' | 'admin' = 'viewer') => aUser(site.db, site.key, role)

const stored = (id: ApiTokenId) =>
  site.db.db.selectFrom('api_tokens').selectAll().where('public_id', '=', id).executeTakeFirst()

test('makes a token that does what its owner may, and tells it once', async () => {
  const owner = await fresh('operator')
  const { status, body } = await create(owner.token)
  expect(status).toBe(201)
  expect(body).toEqual({
    public_id: expect.stringMatching(/^tok_[0-9a-z]{12}$/),
    name: 'weather station',
    token: expect.stringMatching(/^wm_[\w-]{64}$/),
    expires_at: null,
    created_at: expect.any(String),
  })
  expect((await me(body.token)).body.public_id).toBe(owner.id)
  expect((await site.api.get('/api/v1/users', { token: body.token })).status).toBe(403)
  const listed = await site.api.get(tokens, { token: owner.token })
  expect(listed.body.data).toEqual([
    {
      public_id: body.public_id,
      name: 'weather station',
      last_used_at: expect.any(String),
      expires_at: null,
      created_at: body.created_at,
      user_public_id: owner.id,
    },
  ])
  const audit = await site.db.db.selectFrom('audit_log').selectAll().where('entity_id', '=', body.public_id).execute()
  expect(audit).toMatchObject([{ entity: 'api_token', action: 'created', token_id: null }])
  for (const where of [audit, await stored(body.public_id), site.api.logged]) {
    expect(JSON.stringify(where)).not.toContain(body.token)
  }
})

test('lists one’s own newest first, and everybody’s to an admin', async () => {
  const owner = await fresh()
  const made = [await create(owner.token), await create(owner.token)].map(({ body }) => body.public_id)
  const { body } = await site.api.get(`${tokens}/`, { token: owner.token })
  expect(body.total).toBe(2)
  expect(body.data.map(({ public_id }: { public_id: string }) => public_id)).toEqual(made.toReversed())
  const all = await site.api.get(`${tokens}?page_size=100`)
  expect(all.body.data.slice(0, 2)).toEqual(body.data)
  expect(all.body.total).toBeGreaterThan(2)
})

test.each([
  ['2099-12-31', '2099-12-31T00:00:00Z'],
  ['2099-12-31T12:00:00+02:00', '2099-12-31T10:00:00Z'],
  [4_102_444_800, '2100-01-01T00:00:00Z'],
  ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59Z'],
])('takes %j as the end of a token', async (expires_at, time) => {
  const { status, body } = await create(site.users.viewer.token, { expires_at })
  expect(status).toBe(201)
  expect(body.expires_at).toBe(time)
  expect((await me(body.token)).status).toBe(200)
  expect((await site.api.get(tokens, { as: 'viewer' })).body.data[0].expires_at).toBe(time)
})

test.each(['2020-01-01', 0])('takes the end %j that has passed: the token is dead at once', async (expires_at) => {
  const { status, body } = await create(site.users.viewer.token, { expires_at })
  expect(status).toBe(201)
  const refused = await me(body.token)
  expect(refused.status).toBe(401)
  expect(refused.body).toEqual(aProblem('auth.expired-token', { detail: 'API token has expired.' }))
})

test.each([
  [{ expires_at: '' }, 'body.expires_at'],
  [{ expires_at: 'soon' }, 'body.expires_at'],
  [{ expires_at: true }, 'body.expires_at'],
  [{ expires_at: 1e300 }, 'body.expires_at'],
  [{ expires_at: ['2099-12-31'] }, 'body.expires_at'],
  [{ name: '' }, 'body.name'],
  [{ name: 'x'.repeat(256) }, 'body.name'],
  [{ name: null }, 'body.name'],
])('refuses %j and names the field', async (body, field) => {
  const answer = await create(site.users.viewer.token, body)
  expect(answer.status).toBe(422)
  expect(answer.body.errors.map((error: { field: string }) => error.field)).toContain(field)
})

test('an API token makes no other', async () => {
  const { body } = await create(site.users.admin.token)
  const refused = await create(body.token)
  expect(refused.status).toBe(403)
  expect(refused.body).toEqual(aProblem('auth.login-needed'))
})

test('is deleted by its owner or an admin, and unknown to others', async () => {
  const owner = await fresh()
  const first = (await create(owner.token)).body
  const second = (await create(owner.token)).body
  const unknown = aProblem('token.unknown', { status: 404, detail: 'API token not found.' })
  expect((await remove(first.public_id, site.users.operator.token)).body).toEqual(unknown)
  expect((await remove(newId('tok'), owner.token)).body).toEqual(unknown)
  const answer = await remove(first.public_id, owner.token)
  expect(answer.body).toEqual({
    status: 'success',
    message: 'API token successfully deleted.',
    public_id: first.public_id,
  })
  expect((await me(first.token)).body).toEqual(aProblem('auth.invalid-token', { detail: 'Invalid API token.' }))
  expect((await remove(first.public_id, owner.token)).status).toBe(404)
  expect((await remove(second.public_id, site.users.admin.token)).status).toBe(200)
})

test('two deletions at once: one is told, the other finds none', async () => {
  const { body } = await create(site.users.viewer.token)
  const answers = await Promise.all([1, 2].map(() => remove(body.public_id, site.users.viewer.token)))
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 404])
})

test('a logout deletes the API token that it comes with', async () => {
  const { body } = await create(site.users.viewer.token)
  const logout = (): Promise<Answer> => site.api.request('POST', '/api/v1/auth/logout', { token: body.token })
  expect((await logout()).status).toBe(200)
  expect((await logout()).status).toBe(401)
  expect(await stored(body.public_id)).toBeUndefined()
  const audit = await site.db.db.selectFrom('audit_log').selectAll().where('entity_id', '=', body.public_id).execute()
  expect(audit.map(({ action, token_id }) => [action, token_id])).toEqual([
    ['created', null],
    ['deleted', body.public_id],
  ])
  expect((await me(site.users.viewer.token)).status).toBe(200)
})

test('notes its last use to the minute, and waits for nobody who holds the row', async () => {
  const { body } = await create(site.users.viewer.token)
  await Promise.all(Array.from({ length: 10 }, () => me(body.token)))
  const used = (await stored(body.public_id))?.last_used_at
  expect(used).not.toBeNull()
  await me(body.token)
  expect((await stored(body.public_id))?.last_used_at).toBe(used)

  const aWhileAgo = new Date(Date.now() - 120_000).toISOString()
  await site.db.db
    .updateTable('api_tokens')
    .set({ last_used_at: aWhileAgo })
    .where('public_id', '=', body.public_id)
    .execute()
  await site.db.db.transaction().execute(async (trx) => {
    await trx.selectFrom('api_tokens').select('id').where('public_id', '=', body.public_id).forUpdate().execute()
    expect((await me(body.token)).status).toBe(200)
  })
  await me(body.token)
  await until('the use is noted', async () => ((await stored(body.public_id))?.last_used_at ?? 0) >= Number(used))
})
