import { describe, expect, test } from 'vitest'
import { aTimestamp, expectProblem, expectStatus, expectSuccess, type Page } from './expectations.ts'
import type { ContractSite } from './site.ts'
import { newEvent } from './things.ts'

/** Beyond the contract: who changed what and when. */
export function audit(site: ContractSite): void {
  const entries = async (query: string): Promise<Record<string, unknown>[]> =>
    expectStatus(await site.get(`/audit?page_size=100&${query}`), 200).json<Page>().data

  describe('audit', () => {
    test('tells who changed what, from what to what', async () => {
      const id = await newEvent(site, { unit: 'K' })
      expectSuccess(await site.put(`/events/${id}`, { unit: 'bar' }, { as: 'operator' }), 200)
      const [newest, first] = await entries(`entity=event&entity_id=${id}`)
      expect(newest).toMatchObject({
        time: aTimestamp,
        user_public_id: site.account('operator').id,
        username: site.account('operator').username,
        token_public_id: null,
        entity: 'event',
        entity_public_id: id,
        action: 'updated',
        before: { unit: 'K' },
        after: { unit: 'bar' },
      })
      expect(first).toMatchObject({ action: 'created', before: null, user_public_id: site.account('admin').id })
    })

    test('is filtered by user, entity, action and time', async () => {
      const user = await site.newUser('operator')
      const start = new Date().toISOString()
      const made = (await site.post('/dashboards', { name: 'audited' }, { as: user })).json()
      expectSuccess(await site.delete(`/dashboards/${made.public_id}`, { as: user }), 200)
      const actions = async (query: string) => (await entries(`user=${user.id}&${query}`)).map(({ action }) => action)
      expect(await actions('entity=dashboard')).toEqual(['deleted', 'created'])
      expect(await actions('entity=dashboard&action=created')).toEqual(['created'])
      expect(await actions(`entity=dashboard&from=${start}`)).toHaveLength(2)
      expect(await actions(`entity=dashboard&to=${start}`)).toEqual([])
      expect(await actions('entity=nothing')).toEqual([])
      expectProblem(await site.get('/audit?from=yesterday'), 422)
    })

    test('names the API token that was used', async () => {
      const token = (await site.post('/tokens', { name: 'audited' }, { as: 'operator' })).json<Record<string, string>>()
      const id = await newEvent(site)
      expectSuccess(await site.put(`/events/${id}`, { unit: '%' }, { as: { token: String(token.token) } }), 200)
      expect((await entries(`entity_id=${id}`))[0]).toMatchObject({ token_public_id: token.public_id })
    })

    test('holds no secret', async () => {
      const user = await site.newUser('viewer')
      expectSuccess(await site.put(`/users/${user.id}`, { password: 'a secret phrase' }), 200)
      const { token } = (await site.post('/tokens', { name: 'secret' }, { as: user })).json<{ token: string }>()
      const text = JSON.stringify([...(await entries(`entity_id=${user.id}`)), ...(await entries(`user=${user.id}`))])
      expect(text.length).toBeGreaterThan(100)
      for (const secret of ['a secret phrase', user.password, token, '$argon2', '$2b$'])
        expect(text).not.toContain(secret)
    })
  })
}
