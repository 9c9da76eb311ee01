import { until } from '@webmacs/testing'
import { describe, expect, test } from 'vitest'
import { aNumber, expectSuccess, type Page } from './expectations.ts'
import type { Caller, ContractSite } from './site.ts'
import { handshakeStatus, type Message, openSocket, type Socket } from './socket.ts'
import { newLinkedEvent, sendValue, startExperiment } from './things.ts'

const STREAM = '/ws/datapoints/stream'
const TELEMETRY = '/ws/controller/telemetry'

interface StreamPoint {
  readonly value: number
  readonly event_public_id: string
  readonly timestamp: string
  readonly experiment_public_id: string | null
}

const pointsOf = (message: Message): StreamPoint[] =>
  message.type === 'datapoints_batch' ? (message.datapoints as StreamPoint[]) : []

/** Everything of one event that a socket has seen, in order. */
const seen = ({ messages }: Socket, event: string): StreamPoint[] =>
  messages.flatMap(pointsOf).filter((point) => point.event_public_id === event)

/** websocket.md §1 to §3. */
export function stream(site: ContractSite): void {
  const open = async (token: string): Promise<Socket> => {
    const socket = await openSocket(`${site.socketUrl}${STREAM}?token=${encodeURIComponent(token)}`)
    await socket.next('the greeting', ({ type }) => type === 'connected')
    return socket
  }
  const untilSeen = (socket: Socket, event: string, value: number) =>
    socket.next(`${value} of ${event}`, (message) =>
      pointsOf(message).some((point) => point.event_public_id === event && point.value === value),
    )

  describe.each([STREAM, TELEMETRY])('%s', (path) => {
    const newToken = async (as: Caller, body: Record<string, unknown> = {}): Promise<string> =>
      (await site.post('/tokens', { name: 'socket', ...body }, { as })).json<{ token: string }>().token

    test.each<[string, string, () => Promise<string> | string]>([
      ['nonsense', 'Invalid or expired token', () => 'nonsense'],
      [
        'a session that has ended',
        'Token has been revoked',
        async () => {
          const { token } = await site.newUser('operator')
          expectSuccess(await site.post('/auth/logout', undefined, { as: { token } }), 200)
          return token
        },
      ],
      ['an API token that is not known', 'Invalid API token', () => `wm_${'x'.repeat(64)}`],
      ['an API token of the past', 'API token expired', () => newToken('operator', { expires_at: '2020-01-01' })],
    ])('accepts %s, and closes with 1008: %s', async (_what, reason, token) => {
      using socket = await openSocket(`${site.socketUrl}${path}?token=${encodeURIComponent(await token())}`)
      expect(await socket.closed()).toEqual({ code: 1008, reason })
      expect(socket.messages.filter(({ type }) => type === 'connected')).toEqual([])
    })

    test('closes with 1008 when the user is gone', async () => {
      const user = await site.newUser('operator')
      expectSuccess(await site.delete(`/users/${user.id}`), 200)
      using socket = await openSocket(`${site.socketUrl}${path}?token=${user.token}`)
      expect(await socket.closed()).toMatchObject({ code: 1008 })
    })

    test('closes with 1008 when nobody says who it is', async () => {
      for (const query of ['', '?token=']) {
        using socket = await openSocket(`${site.socketUrl}${path}${query}`)
        expect(await socket.closed()).toEqual({ code: 1008, reason: 'Authentication required' })
      }
    })

    test('takes the token as a sub-protocol, or as the first message', async () => {
      const token = site.token('operator')
      using byProtocol = await openSocket(`${site.socketUrl}${path}`, ['webmacs', `webmacs.token.${token}`])
      expect(byProtocol.protocol).toBe('webmacs')
      using byMessage = await openSocket(`${site.socketUrl}${path}`, ['webmacs'])
      byMessage.send({ type: 'auth', token })
      for (const socket of [byProtocol, byMessage]) {
        socket.send({ type: 'ping' })
        await socket.next('a pong', ({ type }) => type === 'pong')
      }
      using wrong = await openSocket(`${site.socketUrl}${path}`, ['webmacs'])
      wrong.send({ type: 'auth', token: 'nonsense' })
      expect(await wrong.closed()).toMatchObject({ code: 1008 })
    })

    test.each([
      ['text that is no JSON', 'hello'],
      ['a list', '[1,2]'],
      ['null', 'null'],
      ['a binary message', Buffer.from('{"type":"ping"}')],
    ])('never lives on deaf after %s', async (_what, data) => {
      using socket = await openSocket(`${site.socketUrl}${path}?token=${site.token('operator')}`)
      socket.sendRaw(data)
      await until('it is answered', () => socket.end ?? socket.messages.some(({ type }) => type === 'error'))
      if (socket.end === undefined) {
        socket.send({ type: 'ping' })
        await until('it still lives', () => socket.end ?? socket.messages.some(({ type }) => type === 'pong'))
      }
      if (socket.end !== undefined) expect([1003, 1007, 1008, 1011]).toContain(socket.end.code)
    })

    test('closes on messages that are too large with 1009', async () => {
      using socket = await openSocket(`${site.socketUrl}${path}?token=${site.token('operator')}`)
      socket.sendRaw(JSON.stringify({ type: 'ping', padding: 'x'.repeat(17 * 1024 * 1024) }))
      expect(await socket.closed()).toMatchObject({ code: 1009 })
    })

    test('ends with the session that opened it', async () => {
      const user = await site.newUser('operator')
      using socket = await openSocket(`${site.socketUrl}${path}?token=${user.token}`)
      socket.send({ type: 'ping' })
      await socket.next('a pong', ({ type }) => type === 'pong')
      expectSuccess(await site.post('/auth/logout', undefined, { as: user }), 200)
      expect(await socket.closed(2000)).toMatchObject({ code: 1008 })
    })

    test('ends with its user, and with the password that opened it', async () => {
      const user = await site.newUser('operator')
      using older = await openSocket(`${site.socketUrl}${path}?token=${user.token}`)
      older.send({ type: 'ping' })
      await older.next('a pong', ({ type }) => type === 'pong')
      expectSuccess(await site.put(`/users/${user.id}`, { password: 'another battery' }), 200)
      expect(await older.closed(2000)).toMatchObject({ code: 1008 })

      const { token } = await site.login(user.email, 'another battery')
      using newer = await openSocket(`${site.socketUrl}${path}?token=${token}`)
      newer.send({ type: 'ping' })
      await newer.next('a pong', ({ type }) => type === 'pong')
      expectSuccess(await site.delete(`/users/${user.id}`), 200)
      expect(await newer.closed(2000)).toMatchObject({ code: 1008 })
    })

    test('notes the use of an API token, and ends when that expires', async () => {
      const user = await site.newUser('operator')
      const expires_at = new Date(Date.now() + 1500).toISOString()
      const { token } = (await site.post('/tokens', { name: 'short', expires_at }, { as: user })).json<{
        token: string
      }>()
      using socket = await openSocket(`${site.socketUrl}${path}?token=${token}`)
      await until('the use is noted', async () => {
        const { data } = (await site.get('/tokens', { as: user })).json<Page>()
        return data[0]?.last_used_at !== null
      })
      expect(await socket.closed(4000)).toMatchObject({ code: 1008, reason: 'API token expired' })
    })

    test('ends with its API token', async () => {
      const made = (await site.post('/tokens', { name: 'socket' }, { as: 'operator' })).json<Record<string, string>>()
      using socket = await openSocket(`${site.socketUrl}${path}?token=${made.token}`)
      socket.send({ type: 'ping' })
      await socket.next('a pong', ({ type }) => type === 'pong')
      expectSuccess(await site.delete(`/tokens/${made.public_id}`, { as: 'operator' }), 200)
      expect(await socket.closed(2000)).toMatchObject({ code: 1008 })
    })
  })

  test.each(['/ws/other', '/ws', `${STREAM}/`, `${TELEMETRY}/`, '/ws/datapoints'])(
    'refuses the handshake at %s',
    async (path) => {
      expect([403, 404]).toContain(await handshakeStatus(`${site.socketUrl}${path}?token=${site.token('admin')}`))
    },
  )

  describe('the live stream', () => {
    test('greets a viewer, answers pings, and passes over what it does not know', async () => {
      using socket = await open(site.token('viewer'))
      expect(socket.messages[0]).toMatchObject({ type: 'connected', message: expect.any(String) })
      for (const message of [{}, { type: 'hello' }, { type: 5 }, { datapoints: [] }]) socket.send(message)
      socket.send({ type: 'ping' })
      await socket.next('a pong', ({ type }) => type === 'pong')
    })

    test('shows what came by each way', async () => {
      const { event } = await newLinkedEvent(site)
      using socket = await open(site.token('viewer'))
      await sendValue(site, event, 1)
      await untilSeen(socket, event, 1)
      expectSuccess(await site.post('/datapoints/batch', { datapoints: [{ value: 2, event_public_id: event }] }), 201)
      await untilSeen(socket, event, 2)
      using telemetry = await openSocket(`${site.socketUrl}${TELEMETRY}?token=${site.token('operator')}`)
      telemetry.send({ datapoints: [{ value: 3, event_public_id: event }] })
      await untilSeen(socket, event, 3)
      for (const point of seen(socket, event)) {
        expect(point).toMatchObject({ value: aNumber, event_public_id: event, experiment_public_id: null })
        expect(point.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?(Z|\+00:00)$/)
      }
    })

    test('names the running experiment, a second after its start at the latest', async () => {
      const { event } = await newLinkedEvent(site)
      using socket = await open(site.token('viewer'))
      await using experiment = await startExperiment(site)
      const isNamed = () => seen(socket, event).some((point) => point.experiment_public_id === experiment.id)
      const send = () => sendValue(site, event, 1)
      await until('the experiment is named', async () => isNamed() || send().then(isNamed), { timeoutMs: 1500 })
    })

    test('never withholds the last value before a pause', async () => {
      const { event } = await newLinkedEvent(site)
      using socket = await open(site.token('viewer'))
      for (let value = 1; value <= 8; value++) await sendValue(site, event, value)
      await untilSeen(socket, event, 8)
      const values = seen(socket, event).map(({ value }) => value)
      expect(values).toEqual([...values].sort((a, b) => a - b))
    })
  })
}
