import { describe, expect, test } from 'vitest'
import { expectCreated, expectInvalid, expectProblem, expectStatus, type Page } from './expectations.ts'
import type { Caller, ContractSite } from './site.ts'
import { allOf, anEvent, newChannel, newEvent, newInstance, startExperiment } from './things.ts'

const LISTS = [
  '/users',
  '/tokens',
  '/events',
  '/experiments',
  '/datapoints',
  '/logging',
  '/dashboards',
  '/plugins',
  '/audit',
]

/** http.md §1.1, §1.3 to §1.5: what holds for every endpoint. */
export function rules(site: ContractSite): void {
  describe('formats', () => {
    test('answers JSON in UTF-8, with letters as they are', async () => {
      const id = await newEvent(site, { unit: 'µS/cm 温度' })
      const answer = await site.get(`/events/${id}`)
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
      expect(answer.text).toContain('"unit":"µS/cm 温度"')
    })

    test('takes JSON that says no content type', async () => {
      const id = expectCreated(await site.call('POST', '/events', { raw: JSON.stringify(anEvent(site)) }), 'evt')
      expectStatus(await site.get(`/events/${id}`), 200)
    })

    test('minds no content type where there is no body', async () => {
      const headers = { 'content-type': 'application/json' }
      const bare = (method: string, path: string, as: Caller = 'admin') =>
        site.call(method, path, { as, headers, raw: '' })
      const running = await startExperiment(site)
      expectStatus(await bare('PUT', `/experiments/${running.id}/stop`), 200)
      expectStatus(await bare('DELETE', `/experiments/${running.id}`), 200)
      expectStatus(await bare('POST', '/auth/logout', await site.newUser('viewer')), 200)
    })

    test.each(['application/json; charset=utf-8', 'APPLICATION/JSON'])(
      'reads JSON that calls itself %s',
      async (type) => {
        const call = { raw: JSON.stringify(anEvent(site)), headers: { 'content-type': type } }
        expectCreated(await site.call('POST', '/events', call), 'evt')
      },
    )

    test('passes over fields and query parameters that it does not know', async () => {
      expectCreated(await site.post('/events?_t=1763900000000&nonsense=1', anEvent(site, { colour: 'red' })), 'evt')
      expectStatus(await site.get('/events?_t=1763900000000&order=desc'), 200)
    })

    test.each([
      ['"2.5"', 2.5],
      ['true', 1],
      ['false', 0],
      ['"-1e1"', -10],
      ['7', 7],
    ])('reads %s as the number %d', async (json, value) => {
      const raw = JSON.stringify(anEvent(site, { min_value: -1000 })).replace('"max_value":100', `"max_value":${json}`)
      const id = expectCreated(await site.call('POST', '/events', { raw }), 'evt')
      expect((await site.get(`/events/${id}`)).json()).toMatchObject({ max_value: value })
    })

    test.each([
      '1e400',
      '-1e400',
      '"nan"',
      '"NaN"',
      '"inf"',
      '"Infinity"',
      '"1e400"',
      'null',
      '[]',
      '{}',
      '"high"',
      '""',
    ])('takes %s for no number', async (json) => {
      const raw = JSON.stringify(anEvent(site)).replace('"max_value":100', `"max_value":${json}`)
      expectInvalid(await site.call('POST', '/events', { raw }), 'body.max_value')
    })

    test.each(['NaN', 'Infinity', '-Infinity'])('takes the bare word %s for no JSON', async (word) => {
      const raw = JSON.stringify(anEvent(site)).replace('"max_value":100', `"max_value":${word}`)
      expectProblem(await site.call('POST', '/events', { raw }), 422)
    })

    test.each([5, true, null, ['a'], { a: 1 }])('takes %j for no text', async (name) => {
      expectInvalid(await site.post('/events', anEvent(site, { name })), 'body.name')
    })

    test.each(['{"name":', '', 'null', '[]', '"text"', '5', '\u0000'])('refuses the body %j', async (raw) => {
      expectProblem(await site.call('POST', '/events', { raw }), 422)
    })

    test('refuses a form', async () => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      const answer = await site.call('POST', '/auth/login', {
        as: 'nobody',
        raw: 'email=a%40b.example&password=x',
        headers,
      })
      expect([415, 422]).toContain(answer.status)
      expectProblem(answer, answer.status)
    })

    test.each([
      ['/events', (text: string) => anEvent(site, { name: text })],
      ['/experiments', (text: string) => ({ name: text })],
      ['/logging', (text: string) => ({ content: text })],
      ['/dashboards', (text: string) => ({ name: text })],
      ['/tokens', (text: string) => ({ name: text })],
      ['/plugins', (text: string) => ({ plugin_id: 'none', instance_name: text })],
      ['/users', (text: string) => ({ email: 'odd@contract.example', username: text, password: 'long enough' })],
      ['/datapoints', (text: string) => ({ value: 1, event_public_id: text })],
    ])('never fails at %s on text that a database cannot keep', async (path, body) => {
      for (const text of ['nul \u0000 inside', 'half \ud800 a character']) {
        const answer = await site.post(path, body(text))
        expectProblem(answer, answer.status)
        expect(answer.status).toBeLessThan(500)
      }
    })

    test.each(['%00', '%E0%A4%A', '%F0%9F%94%A5', '..%2F..%2Fusers', 'x'.repeat(3000), '-1', "1'%20OR%201=1--"])(
      'knows nothing of the odd id %s',
      async (id) => {
        for (const resource of ['events', 'datapoints', 'users', 'plugins', 'dashboards']) {
          const answer = await site.get(`/${resource}/${id}`)
          expect(answer.status, answer.text).toBeGreaterThanOrEqual(400)
          expect(answer.status, answer.text).toBeLessThan(500)
        }
      },
    )

    test('repeats no long body in its errors', async () => {
      const datapoints = Array.from({ length: 501 }, () => ({ value: 1, event_public_id: 'x'.repeat(60) }))
      const answer = await site.post('/datapoints/batch', { datapoints })
      expectInvalid(answer, 'body.datapoints')
      expect(answer.text.length).toBeLessThan(4000)
    })
  })

  describe('addresses', () => {
    test.each(['/users', '/logging', '/events', '/plugins', '/auth/me', '/datapoints/latest'])(
      'serves %s with a slash at its end, without a redirect',
      async (path) => {
        expectStatus(await site.get(`${path}/`), 200)
        expectStatus(await site.get(`${path}/?_t=1`), 200)
      },
    )

    test('serves one thing, changes and health with a slash at the end', async () => {
      const id = expectCreated(await site.post('/events/', anEvent(site)), 'evt')
      expectStatus(await site.get(`/events/${id}/`), 200)
      expectStatus(await site.put(`/events/${id}/`, { unit: 'K' }), 200)
      expectStatus(await site.delete(`/events/${id}/`), 200)
      expectStatus(await site.get('/health/', { base: '', as: 'nobody' }), 200)
    })

    test('answers HEAD where GET is, without a body', async () => {
      const head = expectStatus(await site.call('HEAD', '/events'), 200)
      expect(head.text).toBe('')
      expectStatus(await site.call('HEAD', '/health', { base: '', as: 'nobody' }), 200)
      expectStatus(await site.call('HEAD', '/events', { as: 'nobody' }), 401)
      expectStatus(await site.call('HEAD', '/events/none'), 404)
    })

    test.each([
      ['PATCH', '/events', ['GET', 'POST']],
      ['PATCH', '/events/none', ['DELETE', 'GET', 'PUT']],
      ['PATCH', '/users/none', ['DELETE', 'GET', 'PUT']],
      ['POST', '/events/none', ['DELETE', 'GET', 'PUT']],
      ['DELETE', '/logging/none', ['GET', 'PUT']],
      ['GET', '/tokens/none', ['DELETE']],
      ['PUT', '/datapoints/none', ['DELETE', 'GET']],
      ['GET', '/dashboards/none/widgets/none', ['DELETE', 'PUT']],
      ['GET', '/experiments/none/stop', ['PUT']],
    ])('answers %s %s with 405 and what is allowed', async (method, path, allowed) => {
      const answer = await site.call(method, path)
      expectProblem(answer, 405, 'route.method')
      const allow = answer.headers.get('allow')?.split(/,\s*/) ?? []
      expect(allow).toEqual(expect.arrayContaining(allowed))
      expect(allow).not.toContain(method)
    })

    test.each(['/nothing', '/events/a/b/c', '/tokens/x/y'])('answers %s with 404', async (path) => {
      expectProblem(await site.get(path), 404, 'route.unknown')
    })

    test('shows the API to everybody while in development', async () => {
      const page = expectStatus(await site.get('/docs', { base: '', as: 'nobody' }), 200)
      expect(page.headers.get('content-type')).toMatch(/^text\/html/)
      const description = expectStatus(await site.get('/openapi.json', { base: '', as: 'nobody' }), 200)
      expect(description.json()).toMatchObject({ openapi: expect.stringMatching(/^3\.1/) })
    })
  })

  describe('headers', () => {
    test('gives each answer an id of its own', async () => {
      const answers = await Promise.all([
        site.get('/events'),
        site.get('/events'),
        site.get('/nothing'),
        site.get('/users', { as: 'nobody' }),
      ])
      const ids = answers.map((answer) => answer.headers.get('x-request-id'))
      expect(ids.every(Boolean)).toBe(true)
      expect(new Set(ids).size).toBe(ids.length)
    })

    test('lets pages of a configured origin in', async () => {
      const origin = 'http://localhost:5173'
      const answer = await site.get('/events', { headers: { origin } })
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
      expect(answer.headers.get('access-control-allow-credentials')).toBe('true')
      expect(answer.headers.get('vary')).toMatch(/origin/i)
    })

    test('lets a configured origin see errors, too', async () => {
      const answer = await site.get('/events', { as: 'nobody', headers: { origin: 'http://localhost:5173' } })
      expectProblem(answer, 401)
      expect(answer.headers.get('access-control-allow-origin')).toBe('http://localhost:5173')
    })

    test('serves other origins, but lets no page read it', async () => {
      const answer = expectStatus(await site.get('/events', { headers: { origin: 'http://elsewhere.example' } }), 200)
      expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    })

    test('answers a preflight without a token', async () => {
      const preflight = (origin: string) =>
        site.call('OPTIONS', '/events', {
          as: 'nobody',
          headers: {
            origin,
            'access-control-request-method': 'PUT',
            'access-control-request-headers': 'authorization,content-type',
          },
        })
      const allowed = await preflight('http://localhost:5173')
      expect([200, 204]).toContain(allowed.status)
      expect(allowed.headers.get('access-control-allow-origin')).toBe('http://localhost:5173')
      for (const method of ['DELETE', 'GET', 'POST', 'PUT']) {
        expect(allowed.headers.get('access-control-allow-methods')).toContain(method)
      }
      expect(allowed.headers.get('access-control-allow-headers')).toMatch(/authorization/i)
      expect(allowed.headers.get('access-control-allow-headers')).toMatch(/content-type/i)
      expect((await preflight('http://elsewhere.example')).headers.get('access-control-allow-origin')).toBeNull()
    })
  })

  describe('lists', () => {
    test.each(LISTS)('%s is a page of 25 unless asked otherwise', async (path) => {
      const page = expectStatus(await site.get(path), 200).json<Page>()
      expect(page).toMatchObject({ page: 1, page_size: 25, total: expect.any(Number), data: expect.any(Array) })
      expect(page.data.length).toBe(Math.min(25, page.total))
    })

    test.each(LISTS)('%s goes page by page, and past its end', async (path) => {
      const first = (await site.get(`${path}?page=1&page_size=1`)).json<Page>()
      expect(first).toMatchObject({ page: 1, page_size: 1 })
      expect(first.data.length).toBe(Math.min(1, first.total))
      for (const page of [100_000, 1_000_000_000]) {
        const beyond = expectStatus(await site.get(`${path}?page=${page}&page_size=100`), 200).json<Page>()
        expect(beyond).toMatchObject({ page, page_size: 100, data: [] })
      }
    })

    test.each(LISTS)('%s refuses what is no page', async (path) => {
      for (const page of ['0', '-1', 'one', '1.5', '99999999999999999999']) {
        expectInvalid(await site.get(`${path}?page=${page}`), 'query.page')
      }
      for (const size of ['0', '-1', '101', 'all']) {
        expectInvalid(await site.get(`${path}?page_size=${size}`), 'query.page_size')
      }
    })

    test('keeps the order of making, whatever is changed meanwhile', async () => {
      const ids = [await newEvent(site), await newEvent(site), await newEvent(site)]
      const positions = async () => {
        const { total } = (await site.get('/events?page_size=1')).json<Page>()
        const answer = await site.get(`/events?skip=${total - 3}&limit=3`)
        return answer.json<Page>().data.map((event) => event.public_id)
      }
      expect(await positions()).toEqual(ids)
      await site.put(`/events/${ids[0]}`, { unit: 'K' })
      expect(await positions()).toEqual(ids)
    })

    test('keeps users, instances and their channels in the order of making, dashboards newest first', async () => {
      const users = [await site.newUser('viewer'), await site.newUser('viewer')]
      await site.put(`/users/${users[0]?.id}`, { username: site.uniqueName('renamed') })
      const instances = [await newInstance(site), await newInstance(site)]
      await site.put(`/plugins/${instances[0]}`, { enabled: false })
      const channels = [await newChannel(site, String(instances[0])), await newChannel(site, String(instances[0]))]
      await site.put(`/plugins/${instances[0]}/channels/${channels[0]}`, { event_public_id: await newEvent(site) })
      const boards = []
      for (const name of ['first', 'second']) boards.push((await site.post('/dashboards', { name })).json().public_id)
      await site.put(`/dashboards/${boards[0]}`, { name: 'renamed' })

      const ids = async (path: string) => (await allOf(site, path)).map(({ public_id }) => public_id)
      expect((await ids('/users')).slice(-2)).toEqual(users.map(({ id }) => id))
      expect((await ids('/plugins')).slice(-2)).toEqual(instances)
      expect((await ids('/dashboards')).slice(0, 2)).toEqual(boards.toReversed())
      const listed = (await site.get(`/plugins/${instances[0]}/channels`)).json<{ public_id: string }[]>()
      expect(listed.map(({ public_id }) => public_id)).toEqual(channels)
    })

    test('takes skip and limit in place of page and page_size', async () => {
      const all = (await site.get('/events?page_size=10')).json<Page>().data
      const { data } = expectStatus(await site.get('/events?skip=2&limit=3'), 200).json<Page>()
      expect(data).toEqual(all.slice(2, 5))
      expectInvalid(await site.get('/events?skip=-1'), 'query.skip')
      expectInvalid(await site.get('/events?limit=101'), 'query.limit')
    })
  })
}
