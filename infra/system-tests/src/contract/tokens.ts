import { until } from '@webmacs/testing'
import { describe, expect, test } from 'vitest'
import { anId, aTimestamp, expectInvalid, expectProblem, expectStatus, expectSuccess } from './expectations.ts'
import type { Account, Caller, ContractSite } from './site.ts'
import { allOf } from './things.ts'

interface NewToken {
  readonly public_id: string
  readonly token: string
  readonly expires_at: string | null
}

/** http.md §4. */
export function tokens(site: ContractSite): void {
  const make = async (as: Caller, body: Record<string, unknown> = {}): Promise<NewToken> =>
    expectStatus(await site.post('/tokens', { name: 'device', ...body }, { as }), 201).json<NewToken>()

  describe('API tokens', () => {
    test('are shown once, work, and tell when they were used', async () => {
      const user = await site.newUser('operator')
      const answer = await site.post('/tokens', { name: 'weather station' }, { as: user })
      const made = expectStatus(answer, 201).json<NewToken>()
      expect(made).toMatchObject({
        public_id: anId('tok'),
        name: 'weather station',
        token: expect.stringMatching(/^wm_[\w-]{64}$/),
        expires_at: null,
        created_at: aTimestamp,
      })
      const mine = async () =>
        (await site.get('/tokens', { as: user })).json<{ data: Record<string, unknown>[] }>().data
      expect(await mine()).toMatchObject([
        {
          public_id: made.public_id,
          name: 'weather station',
          last_used_at: null,
          expires_at: null,
          created_at: aTimestamp,
          user_public_id: user.id,
        },
      ])
      expectStatus(await site.get('/auth/me', { as: made }), 200)
      await until('the use is noted', async () => (await mine())[0]?.last_used_at)
      expect((await mine())[0]?.last_used_at).toEqual(aTimestamp)
      expect(JSON.stringify(await mine())).not.toContain(made.token)
    })

    test('have the rights of their owner', async () => {
      const viewers = await make('viewer')
      expectProblem(await site.post('/logging', { content: 'x' }, { as: viewers }), 403, 'auth.forbidden')
      expectSuccess(await site.post('/logging', { content: 'x' }, { as: await make('operator') }), 201)
    })

    test.each([
      ['2100-01-01T00:00:00Z', '2100-01-01T00:00:00Z'],
      ['2100-01-01T02:00:00.250+02:00', '2100-01-01T00:00:00.250000Z'],
      ['2100-01-01T00:00:00', '2100-01-01T00:00:00Z'],
      ['2100-01-01', '2100-01-01T00:00:00Z'],
      [4_102_444_800, '2100-01-01T00:00:00Z'],
    ])('expire at %s', async (expires_at, expected) => {
      const made = await make('viewer', { expires_at })
      expect(made.expires_at).toBe(expected)
      expectStatus(await site.get('/auth/me', { as: made }), 200)
    })

    test('of the past are dead at once', async () => {
      const made = await make('viewer', { expires_at: '2020-01-01T00:00:00Z' })
      expectProblem(await site.get('/auth/me', { as: made }), 401, 'auth.expired-token')
    })

    test.each([
      ['body.expires_at', { expires_at: '' }],
      ['body.expires_at', { expires_at: 'tomorrow' }],
      ['body.expires_at', { expires_at: '2026-02-30' }],
      ['body.expires_at', { expires_at: true }],
      ['body.name', { name: '' }],
      ['body.name', { name: 'x'.repeat(256) }],
      ['body.name', { name: undefined }],
      ['body.name', { name: null }],
    ])('are refused with %s wrong: %j', async (field, wrong) => {
      expectInvalid(await site.post('/tokens', { name: 'device', ...wrong }), field)
    })

    test('are listed to their owner, and all of them to admins, newest first', async () => {
      const [one, two] = [await site.newUser('viewer'), await site.newUser('viewer')] as [Account, Account]
      const older = await make(one)
      const newer = await make(one)
      const others = await make(two)
      const idsOf = (list: Record<string, unknown>[]) => list.map(({ public_id }) => public_id)
      const own = (await site.get('/tokens', { as: one })).json<{ data: Record<string, unknown>[] }>().data
      expect(idsOf(own)).toEqual([newer.public_id, older.public_id])
      const all = idsOf(await allOf(site, '/tokens'))
      expect(all.slice(0, 3)).toEqual([others.public_id, newer.public_id, older.public_id])
    })

    test('end when they are deleted', async () => {
      const made = await make('viewer')
      expectSuccess(await site.delete(`/tokens/${made.public_id}`, { as: 'viewer' }), 200)
      expectProblem(await site.get('/auth/me', { as: made }), 401, 'auth.invalid-token')
      expectProblem(await site.delete(`/tokens/${made.public_id}`, { as: 'viewer' }), 404, 'token.unknown')
    })

    test('of others are not known, except to admins', async () => {
      const made = await make('viewer')
      expectProblem(await site.delete(`/tokens/${made.public_id}`, { as: 'operator' }), 404, 'token.unknown')
      expectStatus(await site.get('/auth/me', { as: made }), 200)
      expectSuccess(await site.delete(`/tokens/${made.public_id}`), 200)
      expectProblem(await site.get('/auth/me', { as: made }), 401)
    })

    test('make no further tokens', async () => {
      const made = await make('admin')
      expectProblem(await site.post('/tokens', { name: 'more' }, { as: made }), 403, 'auth.login-needed')
      expectSuccess(await site.delete(`/tokens/${made.public_id}`, { as: made }), 200)
    })
  })
}
