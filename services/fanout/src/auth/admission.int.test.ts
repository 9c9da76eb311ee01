import { newId } from '@webmacs/contracts'
import { until } from '@webmacs/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aViewer, type FanoutSite, startFanoutSite } from '../testing/fanout-site.ts'

let site: FanoutSite
beforeEach(async () => {
  site = await startFanoutSite()
})
afterEach(() => site[Symbol.asyncDispose]())

const WEBMACS = ['webmacs']
const protocols = (token: string) => [...WEBMACS, `webmacs.token.${token}`]

test('lets a client in by the address, by sub-protocols and by its first message', async () => {
  const { token } = await site.api.session('viewer')
  await site.stream(`?token=${token}`).next('connected')
  const byProtocol = site.stream('', { protocols: protocols(token) })
  await byProtocol.next('connected')
  expect(byProtocol.socket.protocol).toBe('webmacs')
  const byMessage = site.stream('', { protocols: WEBMACS })
  await until('the opening', () => byMessage.socket.readyState === byMessage.socket.OPEN)
  expect(byMessage.messages).toEqual([])
  byMessage.say({ type: 'auth', token })
  await byMessage.next('connected')
})

test('hears what follows the first message in the same packet', async () => {
  const { token } = site.api.apiToken('operator')
  const client = site.telemetry('', { protocols: WEBMACS })
  await until('the opening', () => client.socket.readyState === client.socket.OPEN)
  client.say({ type: 'auth', token })
  client.say({ id: 'first', datapoints: [{ value: 1, event_public_id: 'evt_1' }] })
  client.say({ type: 'ping' })
  await client.next('pong')
  expect(await client.next('ack')).toMatchObject({ id: 'first', accepted: 1 })
})

test.each([
  ['no token', '', undefined, 'Authentication required'],
  ['an empty token', '?token=', undefined, 'Authentication required'],
  ['a token that is none', '?token=nonsense', undefined, 'Invalid or expired token'],
  ['a sub-protocol token that is none', '', protocols('nonsense'), 'Invalid or expired token'],
  ['an API token that is unknown', '?token=wm_123', undefined, 'Invalid API token'],
])('accepts a client with %s, and closes it at once saying why', async (_what, query, offered, reason) => {
  for (const connect of [site.stream, site.telemetry]) {
    const client = connect(query, offered === undefined ? {} : { protocols: offered })
    expect(await client.closed).toEqual({ code: 1008, reason })
    expect(client.messages).toEqual([])
  }
})

test.each(['{"type":"ping"}', 'nonsense', '{"type":"auth"}', '{"type":"auth","token":5}'])(
  'closes a client whose first message is %s',
  async (message) => {
    const client = site.stream('', { protocols: WEBMACS })
    client.socket.on('open', () => client.say(message))
    expect(await client.closed).toEqual({ code: 1008, reason: 'Authentication required' })
  },
)

test('closes a client that stays silent when the deadline has passed', async () => {
  const client = site.stream('', { protocols: WEBMACS })
  const began = performance.now()
  expect(await client.closed).toEqual({ code: 1008, reason: 'Authentication required' })
  expect(performance.now() - began).toBeGreaterThan(4000)
})

test('gives a stranger no large buffer', async () => {
  const client = site.telemetry('', { protocols: WEBMACS })
  client.socket.on('open', () => client.say('x'.repeat(1_000_000)))
  expect((await client.closed).code).toBe(1009)
})

test('refuses what has ended: an expired session, an expired API token, a deactivated user', async () => {
  const expired = await site.api.session('viewer', { expiresInSeconds: -60 })
  expect(await site.stream(`?token=${expired.token}`).closed).toMatchObject({ reason: 'Invalid or expired token' })
  const old = site.api.apiToken('viewer', { expiresInSeconds: -1 })
  expect(await site.stream(`?token=${old.token}`).closed).toMatchObject({ reason: 'API token expired' })
  const gone = await site.api.session('viewer', { user: newId('usr') })
  expect(await site.stream(`?token=${gone.token}`).closed).toMatchObject({ reason: 'User not found' })
})

test('lets only operators send telemetry, by the role that they have now', async () => {
  const refused = { code: 1008, reason: 'Operator privileges required' }
  const viewer = site.api.apiToken('viewer')
  expect(await site.telemetry(`?token=${viewer.token}`).closed).toEqual(refused)
  const demoted = await site.api.session('admin', { user: site.api.user('viewer') })
  expect(await site.telemetry(`?token=${demoted.token}`).closed).toEqual(refused)
  const operator = await site.api.session('operator')
  const client = site.telemetry(`?token=${operator.token}`)
  client.socket.on('open', () => client.say({ type: 'ping' }))
  await client.next('pong')
})

test('lets sessions look on while api is away, and asks everybody else to come back', async () => {
  await site.api.stop()
  await aViewer(site)
  const later = { code: 1013, reason: 'Authentication is away, try again later' }
  expect(await site.stream(`?token=${site.api.apiToken('viewer').token}`).closed).toEqual(later)
  const { token } = await site.api.session('admin')
  expect(await site.telemetry(`?token=${token}`).closed).toEqual(later)
})

test('sends away who was let in without api, once api says that they are gone', async () => {
  await site.api.stop()
  const { token } = await site.api.session('viewer', { user: newId('usr') })
  const client = site.stream(`?token=${token}`)
  await client.next('connected')
  await site.api.start()
  expect(await client.closed).toEqual({ code: 1008, reason: 'User not found' })
})

test('takes no more clients than it may', async () => {
  await using small = await startFanoutSite({ STREAM_MAX_CLIENTS: '1' })
  await aViewer(small)
  const { token } = await small.api.session('viewer')
  expect(await small.stream(`?token=${token}`).closed).toEqual({ code: 1013, reason: 'Too many clients' })
})

test('writes no token into its log', async () => {
  const session = await site.api.session('viewer')
  const apiToken = site.api.apiToken('operator')
  const tokens = [session.token, apiToken.token, 'wm_unknown', 'broken.token']
  for (const token of tokens) {
    for (const connect of [
      () => site.stream(`?token=${token}`),
      () => site.telemetry('', { protocols: protocols(token) }),
    ]) {
      const client = connect()
      client.socket.on('open', () => client.socket.send('nonsense'))
      await client.closed
    }
  }
  const log = site.logged.join('\n')
  expect(log).toContain('client refused')
  for (const token of tokens) expect(log).not.toContain(token)
})
