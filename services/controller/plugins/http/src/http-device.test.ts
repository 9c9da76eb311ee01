import { readFile } from 'node:fs/promises'
import { describeConformance } from '@webmacs/plugin-sdk/conformance'
import { createTestDevice } from '@webmacs/plugin-sdk/testing'
import { startTcpProxy, until } from '@webmacs/testing'
import { generate } from 'selfsigned'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { plugin } from './index.ts'
import { type Page, startTestSite, type TestSite } from './testing/test-site.ts'

const EXAMPLE = new URL('../../../../../docs/examples/http-greenhouse.json', import.meta.url)
const FAULT = { value: null, quality: ['bad', 'sensor_fault'] }

describe('conformance', () => {
  let site: TestSite
  let example: object
  beforeAll(async () => {
    example = JSON.parse(await readFile(EXAMPLE, 'utf8'))
    site = await startTestSite()
    // The greenhouse of the guide, cold and dark, as outputs are set to values near 0.
    site.pages.set('/api/climate?detail=all', { sensors: [{ name: 'bench', celsius: 21.5, humidity: '63.2' }] })
    site.pages.set('/api/heating', { heating: { percent: 0 }, lamp: 'off' })
    for (const path of ['/api/heating/set', '/api/lamp/off']) site.pages.set(path, {})
  })
  afterAll(() => site[Symbol.asyncDispose]())

  describeConformance(plugin, test, {
    device: () => ({ ...example, base_url: `${site.url}/api` }),
    unreachable: { base_url: 'http://127.0.0.1:9' },
  })
})

const deadline = (): AbortSignal => AbortSignal.timeout(20_000)

async function connected(base_url: string, config: Record<string, unknown> = {}) {
  const device = await createTestDevice(plugin, { config: { base_url, timeout_seconds: 5, ...config } })
  await device.connect(deadline())
  return Object.assign(device, { [Symbol.asyncDispose]: () => device.disconnect(deadline(), { outputs: 'keep' }) })
}

const valuesOf = async (device: Awaited<ReturnType<typeof connected>>, ids = device.channels.map(({ id }) => id)) =>
  Object.fromEntries((await device.read(ids, deadline())).map(({ channel, value }) => [channel, value]))

const temperature = { id: 'temperature', path: '/state', value_path: 'temperature' }
const oneChannel = { channels: [temperature], outputs: [] }

test('reads and writes the device of the guide', async () => {
  await using site = await startTestSite()
  const climate = { sensors: [{ name: 'bench', celsius: 21.5, humidity: '63.2' }], window: 'closed' }
  site.pages.set('/api/climate?detail=all', climate).set('/api/heating', { heating: { percent: 30 }, lamp: 'on' })
  const { base_url, ...example } = JSON.parse(await readFile(EXAMPLE, 'utf8'))
  expect(new URL(base_url).protocol).toBe('http:')
  await using device = await connected(`${site.url}/api`, example)
  site.requests.length = 0
  expect(await valuesOf(device)).toEqual({ temperature: 21.5, humidity: 63.2, heating: 30, lamp: 1 })
  expect(site.requests.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual([
    'GET /api/climate?detail=all',
    'GET /api/heating',
  ])
  expect(site.requests[0]?.headers).toMatchObject({ authorization: 'Bearer change-me', 'x-site': 'north' })

  site.pages.set('/api/heating', { heating: { percent: 45 }, lamp: 'off' })
  site.pages.set('/api/heating/set', {}).set('/api/lamp/off', {})
  expect(await device.write('heating', 45, deadline())).toMatchObject({ written: 45, readback: 45 })
  expect(await device.write('lamp', 0, deadline())).toMatchObject({ written: 0, readback: 0 })
  expect(site.requests.filter(({ method }) => method !== 'GET')).toMatchObject([
    { method: 'PUT', path: '/api/heating/set', body: '{"percent": 45}' },
    { method: 'POST', path: '/api/lamp/off', body: '' },
  ])
})

test('marks what is no number and keeps the rest', async () => {
  await using site = await startTestSite()
  site.pages.set('/state', { temperature: 20, broken: { deep: 'n/a' } })
  const channels = [temperature, { id: 'broken', path: '/state', value_path: '/broken/deep' }]
  await using device = await connected(site.url, { channels, outputs: [] })
  expect(await device.read(['temperature', 'broken'], deadline())).toEqual([
    { channel: 'temperature', value: 20, quality: [] },
    { channel: 'broken', ...FAULT },
  ])
})

test('reads the other addresses when one fails', async () => {
  await using site = await startTestSite()
  site.pages.set('/state', { temperature: 20 })
  const channels = [temperature, { id: 'other', path: '/other' }]
  await using device = await connected(site.url, { channels, outputs: [] })
  expect(await valuesOf(device)).toEqual({ temperature: 20, other: null })
})

const failures: readonly (readonly [string, Page, string])[] = [
  ['a failure', (response) => response.writeHead(500).end('no'), '/state answered 500 Internal Server Error'],
  ['a refused login', (response) => response.writeHead(401).end(), '401 Unauthorized: the login is not accepted'],
  ['no JSON', (response) => response.end('<html>'), 'something that is no JSON'],
  ['too much', (response) => response.end(JSON.stringify('x'.repeat(1_100_000))), 'more than 1 MB'],
  [
    'a redirect to another host',
    (response) => response.writeHead(302, { location: 'http://127.0.0.9/state' }).end(),
    'was redirected to http://127.0.0.9; if that is right, make it the base address',
  ],
  ['a redirect in circles', (response) => response.writeHead(302, { location: '/state' }).end(), 'more than 3 times'],
]

test.each(failures)('says so when the device answers with %s', async (_what, page, message) => {
  await using site = await startTestSite()
  site.pages.set('/state', page)
  await using device = await connected(site.url, oneChannel)
  await expect(valuesOf(device)).rejects.toThrow(message)
  expect(device.state).toBe('connected')
  site.pages.set('/state', { temperature: 20 })
  expect(await valuesOf(device)).toEqual({ temperature: 20 })
})

test('follows a redirect on the same host when it reads, and not when it writes', async () => {
  await using site = await startTestSite()
  const redirect: Page = (response) => response.writeHead(307, { location: '/new' }).end()
  site.pages.set('/state', redirect).set('/set', redirect).set('/new', { temperature: 20 })
  await using device = await connected(site.url, { channels: [temperature], outputs: [{ id: 'fan', path: '/set' }] })
  expect(await valuesOf(device, ['temperature'])).toEqual({ temperature: 20 })
  await expect(device.write('fan', 5, deadline())).rejects.toThrow('was redirected to /new; use that path')
})

test.each<[string, Page]>([
  ['does not answer', () => undefined],
  ['stops in the middle', (response) => void response.write('{')],
])('waits no longer than told for a device that %s', async (_what, page) => {
  await using site = await startTestSite()
  site.pages.set('/state', { temperature: 20 })
  await using device = await connected(site.url, { ...oneChannel, timeout_seconds: 0.5 })
  site.pages.set('/state', page)
  await expect(valuesOf(device)).rejects.toMatchObject({
    code: 'timeout',
    message: `GET ${site.url}/state did not answer within 0.5 s`,
  })
})

test('ends when it is told to', async () => {
  await using site = await startTestSite()
  site.pages.set('/state', { temperature: 20 })
  await using device = await connected(site.url, { ...oneChannel, timeout_seconds: 30 })
  site.pages.set('/state', () => undefined)
  const told = new AbortController()
  const reading = device.read(['temperature'], told.signal)
  await until('the request is out', () => site.requests.length > 1)
  told.abort(new Error('enough'))
  await expect(reading).rejects.toThrow('enough')
})

test('says that the cable is cut, and reads again when it is back', async () => {
  await using site = await startTestSite()
  await using proxy = await startTcpProxy(site.url)
  site.pages.set('/state', { temperature: 20 })
  await using device = await connected(proxy.url, oneChannel)
  proxy.refuse()
  await expect(valuesOf(device)).rejects.toMatchObject({ code: 'connection' })
  expect(device.state).toBe('error')
  await expect(device.connect(deadline())).rejects.toThrow('cannot be reached')
  proxy.resume()
  await device.connect(deadline())
  expect(await valuesOf(device)).toEqual({ temperature: 20 })
})

test('trusts the authority that it is given, and nobody else', async () => {
  const { private: key, cert } = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ],
  })
  await using site = await startTestSite({ key, cert })
  site.pages.set('/state', { temperature: 20 })
  const stranger = await createTestDevice(plugin, { config: { base_url: site.url, ...oneChannel } })
  await expect(stranger.connect(deadline())).rejects.toThrow(/cannot be reached: .*self-signed certificate/)
  await using device = await connected(site.url, { ...oneChannel, ca: cert })
  expect(await valuesOf(device)).toEqual({ temperature: 20 })
  await using careless = await connected(site.url, { ...oneChannel, verify_certificate: false })
  expect(await valuesOf(careless)).toEqual({ temperature: 20 })
})

test('logs in with name and password, and with secret headers', async () => {
  await using site = await startTestSite()
  site.pages.set('/state', { temperature: 20 })
  await using _device = await connected(site.url, {
    ...oneChannel,
    auth: 'basic',
    username: 'reader',
    password: 'p',
    headers: [{ name: 'X-Api-Key', secret: 'k' }],
  })
  expect(site.requests[0]?.headers).toMatchObject({ authorization: `Basic ${btoa('reader:p')}`, 'x-api-key': 'k' })
})

test.each([
  [{ base_url: 'http://me:secret@device' }, 'credentials do not belong into the base address'],
  [{ channels: [{ id: 'a', value_path: 'a..b' }] }, 'the value path "a..b" is neither like a[0].b nor a JSON pointer'],
  [{ channels: [{ id: 'a', scale: 0 }] }, 'the scale must not be 0'],
  [{ channels: [], outputs: [] }, 'there is neither a channel nor an output'],
])('refuses the configuration %j', async (config, problem) => {
  await expect(createTestDevice(plugin, { config })).rejects.toThrow(problem)
})
