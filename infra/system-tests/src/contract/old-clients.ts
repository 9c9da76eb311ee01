import { until } from '@webmacs/testing'
import { describe, expect, test } from 'vitest'
import { expectProblem, expectStatus, expectSuccess, type Page } from './expectations.ts'
import { type Answer, send } from './http.ts'
import type { ContractSite } from './site.ts'
import { openSocket } from './socket.ts'
import {
  anEvent,
  type Datapoint,
  latestOf,
  newChannel,
  newEvent,
  newInstance,
  newLinkedEvent,
  sendValue,
} from './things.ts'

interface Instance {
  readonly public_id: string
  readonly plugin_id: string
  readonly instance_name: string
  readonly demo_mode: boolean
  readonly enabled: boolean
  readonly config_json: string | null
}

interface Mapping {
  readonly public_id: string
  readonly channel_id: string
  readonly event_public_id: string | null
}

/** http.md §1.7 and websocket.md §5: the clients of the old system, word for word. */
export function oldClients(site: ContractSite): void {
  describe('the old browser interface', () => {
    test('logs in, shows its pages, changes things, and logs out', async () => {
      const { email, password } = await site.newUser('admin')
      const login = await site.post('/auth/login', { email, password }, { as: 'nobody' })
      const as = { token: login.json<{ access_token: string }>().access_token }
      const page = (path: string) => site.get(`${path}?page=1&page_size=50&_t=${Date.now()}`, { as })
      const me = (await site.get(`/auth/me?_t=${Date.now()}`, { as })).json<{ public_id: string }>()

      for (const path of [
        '/users/',
        '/logging/',
        '/events',
        '/experiments',
        '/datapoints',
        '/dashboards',
        '/plugins',
        '/tokens',
      ]) {
        expect(expectStatus(await page(path), 200).json<Page>()).toMatchObject({
          page: 1,
          page_size: 50,
          data: expect.any(Array),
        })
      }
      expectStatus(await site.get('/auth/sso/config?_t=1', { as: 'nobody' }), 200)
      expectStatus(await site.get('/plugins/available?_t=1', { as }), 200)
      const username = site.uniqueName('colleague')
      const colleague = {
        email: `${username.replace(' ', '.')}@contract.example`,
        username,
        password: 'long enough',
        role: 'viewer',
      }
      expectSuccess(await site.post('/users/', colleague, { as }), 201)

      const name = site.uniqueName('run')
      expectSuccess(await site.post('/experiments', { name }, { as }), 201)
      const run = (await page('/experiments')).json<Page>().data.find((experiment) => experiment.name === name)
      expectSuccess(await site.call('PUT', `/experiments/${run?.public_id}/stop`, { as }), 200)
      const failure = await site.post('/experiments', { name }, { as })
      expect(typeof expectProblem(failure, 409).detail).toBe('string')

      const entry = (await page('/logging/')).json<Page>().data[0]
      expectSuccess(await site.put(`/logging/${entry?.public_id}`, { status_type: 'read' }, { as }), 200)
      expectSuccess(await site.call('POST', '/auth/logout', { as }), 200)
      expectProblem(await page('/events'), 401)
      expectSuccess(await site.delete(`/users/${me.public_id}`), 200)
    })

    test('follows the live stream, and polls the latest values when it cannot', async () => {
      const { event } = await newLinkedEvent(site)
      const token = site.token('viewer')
      using socket = await openSocket(`${site.socketUrl}/ws/datapoints/stream?token=${encodeURIComponent(token)}`)
      socket.send({ type: 'ping' })
      await socket.next('a pong', ({ type }) => type === 'pong')
      await sendValue(site, event, 12)
      const frame = await socket.next('the value', (message) => JSON.stringify(message).includes(event))
      expect(frame.type).toBe('datapoints_batch')
      const latest = (await site.get(`/datapoints/latest?_t=${Date.now()}`, { as: 'viewer' })).json<Datapoint[]>()
      expect(latest.find((point) => point.event_public_id === event)?.value).toBe(12)
      const body = { event_public_ids: [event], minutes: 5, max_points: 500 }
      expectStatus(await site.post('/datapoints/series', body, { as: 'viewer' }), 200)
    })
  })

  describe('an old switch', () => {
    test('sets an actuator by a datapoint, which the controller finds among the latest', async () => {
      const event = await newEvent(site, { type: 'actuator', max_value: 1, unit: 'bool' })
      const instance = await newInstance(site, { driven_by: 'external' })
      await newChannel(site, instance, { direction: 'output', event_public_id: event, unit: 'bool' })
      for (const value of [1, 0]) {
        expectSuccess(await site.post('/datapoints', { value, event_public_id: event }, { as: 'operator' }), 201)
        expect(await latestOf(site, event)).toMatchObject({ value })
      }
    })
  })

  describe('the old controller', () => {
    /** Sends as it does: with its token, and after a 401 once more with a new one. */
    const controller = (email: string, password: string) => {
      let token = ''
      const login = async () => {
        const answer = await site.post('/auth/login', { email, password }, { as: 'nobody' })
        token = expectStatus(answer, 200).json<{ access_token: string }>().access_token
      }
      const ask = async (method: string, path: string, body?: unknown): Promise<Answer> => {
        const answer = await site.call(method, path, { body, as: { token } })
        if (answer.status !== 401) return answer
        await login()
        return site.call(method, path, { body, as: { token } })
      }
      return { login, ask, token: () => token }
    }

    test('starts, reads what to run, sends, and logs in again after its session ended', async () => {
      const { email, password } = await site.newUser('operator')
      const { instance } = await newLinkedEvent(site)
      for (let i = 0; i < 4; i++) await newLinkedEvent(site, instance)
      const { login, ask, token } = controller(email, password)
      await login()
      const instances = (await ask('GET', '/plugins')).json<Page<Instance>>().data
      expect(instances.length).toBeGreaterThan(0)
      for (const field of ['public_id', 'plugin_id', 'instance_name', 'demo_mode', 'enabled', 'config_json']) {
        expect(instances[0]).toHaveProperty(field)
      }
      const channels = (await ask('GET', `/plugins/${instance}/channels`)).json<Mapping[]>()
      expect(channels).toHaveLength(5)
      const [event] = (await ask('GET', '/events')).json<Page>().data
      for (const field of ['public_id', 'name', 'min_value', 'max_value', 'unit', 'type'])
        expect(event).toHaveProperty(field)
      expectSuccess(await ask('POST', '/logging', { content: 'Controller started', logging_type: 'info' }), 201)

      const chunk = Array.from({ length: 100 }, (_, i) => ({
        value: i,
        event_public_id: channels[i % 5]?.event_public_id,
      }))
      const sent = expectSuccess(await ask('POST', '/datapoints/batch', { datapoints: chunk }), 201)
      expect(sent.message).toMatch(/^100 /)
      expectSuccess(await site.post('/auth/logout', undefined, { as: { token: token() } }), 200)
      expectSuccess(await ask('POST', '/datapoints/batch', { datapoints: chunk }), 201)
      const latest = (await ask('GET', '/datapoints/latest')).json<Datapoint[]>()
      expect(
        latest.filter((point) => channels.some((channel) => channel.event_public_id === point.event_public_id)),
      ).toHaveLength(5)
      expectSuccess(
        await ask('POST', '/logging', { content: 'Controller shutting down', logging_type: 'warning' }),
        201,
      )
    })

    test('sends telemetry over a socket that it never reads', async () => {
      const { event } = await newLinkedEvent(site)
      using socket = await openSocket(`${site.socketUrl}/ws/controller/telemetry?token=${site.token('operator')}`)
      for (let value = 1; value <= 20; value++) {
        socket.send({ datapoints: Array.from({ length: 100 }, () => ({ value, event_public_id: event })) })
      }
      await until('the last value is there', async () => (await latestOf(site, event))?.value === 20)
    })
  })

  describe('the old load test', () => {
    const SENSORS = 250
    const BATCHES = 10

    test('sets 250 sensors up, sends, reads, and cleans up without being held back', { timeout: 60_000 }, async () => {
      await newInstance(site)
      let token: string | undefined
      const ask = async (method: string, path: string, body?: unknown): Promise<Answer> => {
        const headers = { 'x-forwarded-for': '127.0.0.1' }
        const answer = await send(method, `${site.url}/api/v1${path}`, { token, body, headers })
        expect(answer.status).not.toBe(429)
        return answer
      }
      const { email, password } = site.account('admin')
      token = (await ask('POST', '/auth/login', { email, password })).json<{ access_token: string }>().access_token
      const instances = (await ask('GET', '/plugins?page_size=100')).json<Page<Instance>>().data
      const plugin = instances.find(({ enabled }) => enabled)?.public_id

      const findByName = async (name: string): Promise<string> => {
        for (let page = 1; ; page++) {
          const { data, total } = (await ask('GET', `/events?page=${page}&page_size=100`)).json<
            Page<{ name: string; public_id: string }>
          >()
          const found = data.find((event) => event.name === name)
          if (found !== undefined) return found.public_id
          if (data.length === 0 || page * 100 >= total) throw new Error(`no event ${name}`)
        }
      }
      const sensors: string[] = []
      for (let i = 0; i < SENSORS; i++) {
        const body = anEvent(site, { name: `loadtest_sensor_${i}` })
        expect([201, 409]).toContain((await ask('POST', '/events', body)).status)
        const event = await findByName(body.name)
        const channel = {
          channel_id: `lt_${i}`,
          channel_name: body.name,
          direction: 'input',
          unit: 'u',
          event_public_id: event,
        }
        expect([201, 409]).toContain((await ask('POST', `/plugins/${plugin}/channels`, channel)).status)
        sensors.push(event)
      }

      let accepted = 0
      for (let i = 0; i < BATCHES; i++) {
        const answer = await ask('POST', '/datapoints/batch', {
          datapoints: sensors.map((event_public_id) => ({ value: Math.random() * 100, event_public_id })),
        })
        expectStatus(answer, 201)
        accepted += Number.parseInt(answer.json<{ message: string }>().message.split(' ')[0] ?? '', 10)
      }
      expect(accepted).toBe(SENSORS * BATCHES)
      const latest = (await ask('GET', '/datapoints/latest')).json<Datapoint[]>().map((point) => point.event_public_id)
      expect(sensors.filter((event) => !latest.includes(event))).toEqual([])

      const mappings = (await ask('GET', `/plugins/${plugin}/channels`)).json<Mapping[]>()
      for (const { public_id } of mappings.filter(({ event_public_id }) => sensors.includes(event_public_id ?? ''))) {
        expectSuccess(await ask('DELETE', `/plugins/${plugin}/channels/${public_id}`), 200)
      }
      for (const event of sensors) expectSuccess(await ask('DELETE', `/events/${event}`), 200)
      expect((await ask('GET', `/events/${sensors[0]}`)).status).toBe(404)
    })
  })

  describe('an old integration script', () => {
    test('sends with an API token, and reads the live stream', async () => {
      const { event } = await newLinkedEvent(site)
      const made = await site.post('/tokens', { name: 'script' }, { as: 'operator' })
      const { token } = made.json<{ token: string }>()
      using socket = await openSocket(`${site.socketUrl}/ws/datapoints/stream?token=${token}`)
      await socket.next('the greeting', ({ type }) => type === 'connected')
      expectSuccess(await site.post('/datapoints', { value: 5, event_public_id: event }, { as: { token } }), 201)
      const message = await socket.next(
        'the value',
        ({ type, datapoints }) => type === 'datapoints_batch' && JSON.stringify(datapoints).includes(event),
      )
      const [point] = (message.datapoints as Datapoint[]).filter((candidate) => candidate.event_public_id === event)
      expect(point?.value).toBe(5)
      expect(Number.isNaN(Date.parse(point?.timestamp ?? ''))).toBe(false)
    })
  })
}
