import { describe, expect, test } from 'vitest'
import { aTimestamp, expectCreated, expectInvalid, expectStatus, expectSuccess, type Page } from './expectations.ts'
import type { ContractSite } from './site.ts'

/** http.md §8. */
export function logging(site: ContractSite): void {
  describe('log entries', () => {
    test('are written as info, unread, and listed newest first', async () => {
      const content = site.uniqueName('Pump was serviced')
      const id = expectCreated(await site.post('/logging', { content }, { as: 'operator' }), 'log')
      const entry = expectStatus(await site.get(`/logging/${id}`, { as: 'viewer' }), 200).json()
      const user_public_id = site.account('operator').id
      expect(entry).toMatchObject({
        public_id: id,
        content,
        logging_type: 'info',
        status_type: 'unread',
        created_on: aTimestamp,
        user_public_id,
      })
      const { data } = (await site.get('/logging/?page=1&page_size=50', { as: 'viewer' })).json<Page>()
      expect(data).toContainEqual(entry)
      const times = data.map(({ created_on }) => String(created_on))
      expect(times).toEqual([...times].sort().reverse())
    })

    test.each(['error', 'warning', 'info'])('may be of type %s', async (logging_type) => {
      const id = expectCreated(await site.post('/logging', { content: 'x', logging_type }), 'log')
      expect((await site.get(`/logging/${id}`)).json()).toMatchObject({ logging_type })
    })

    test.each([
      ['body.content', {}],
      ['body.content', { content: '' }],
      ['body.content', { content: 'x'.repeat(501) }],
      ['body.content', { content: null }],
      ['body.logging_type', { content: 'x', logging_type: 'fatal' }],
      ['body.logging_type', { content: 'x', logging_type: null }],
    ])('are refused with %s wrong: %j', async (field, body) => {
      expectInvalid(await site.post('/logging', body), field)
    })

    test('may be put in other words', async () => {
      const id = expectCreated(await site.post('/logging', { content: 'Pmup stopped' }), 'log')
      expectSuccess(await site.put(`/logging/${id}`, { content: 'Pump stopped' }, { as: 'operator' }), 200)
      expect((await site.get(`/logging/${id}`)).json()).toMatchObject({
        content: 'Pump stopped',
        status_type: 'unread',
      })
    })

    test('take 500 characters', async () => {
      expectCreated(await site.post('/logging', { content: '°'.repeat(500) }), 'log')
    })

    test('are marked as read, and back', async () => {
      const id = expectCreated(await site.post('/logging', { content: 'x' }), 'log')
      for (const status_type of ['read', 'unread']) {
        expectSuccess(await site.put(`/logging/${id}`, { status_type }, { as: 'operator' }), 200)
        expect((await site.get(`/logging/${id}`)).json()).toMatchObject({ status_type, content: 'x' })
      }
    })

    test.each([
      ['body.status_type', { status_type: 'seen' }],
      ['body.status_type', { status_type: null }],
      ['body.content', { content: null }],
      ['body.content', { content: 'x'.repeat(501) }],
    ])('are not changed with %s wrong: %j', async (field, body) => {
      const id = expectCreated(await site.post('/logging', { content: 'x' }), 'log')
      expectInvalid(await site.put(`/logging/${id}`, body), field)
    })

    test('tell of the start of the system', async () => {
      const first = (await site.get('/logging?page_size=100')).json<Page>()
      const last = (await site.get(`/logging?page_size=100&page=${Math.ceil(first.total / 100)}`)).json<Page>()
      expect(last.data.some(({ content }) => /start/i.test(String(content)))).toBe(true)
    })
  })
}
