import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { PluginLogFacts } from '@webmacs/plugin-sdk'
import { describeConformance } from '@webmacs/plugin-sdk/conformance'
import { createTestDevice } from '@webmacs/plugin-sdk/testing'
import { crypto_utils, SecurityPolicy, StatusCodes } from 'node-opcua-client'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { plugin } from './index.ts'
import { type PlantServer, placeForPlant, startPlant } from './opcua-server.fixture.ts'

const GUIDE = new URL('../../../../../docs/guides/drivers/opcua.md', import.meta.url)
const PATIENCE = { timeout: 20_000 }
const signal = AbortSignal.timeout(300_000)
let place: Awaited<ReturnType<typeof placeForPlant>>
let plant: PlantServer
let config: { readonly nodes: readonly object[]; readonly [field: string]: unknown }

const OPEN = { security_policy: 'None', security_mode: 'none', authentication: 'anonymous' }

beforeAll(async () => {
  place = await placeForPlant()
  vi.stubEnv('HOME', place.folder) // where the certificate of the client is kept
  plant = await startPlant(place)
  const example = JSON.parse(/```json\n([\s\S]*?)```/.exec(await readFile(GUIDE, 'utf8'))?.[1] ?? '')
  config = { ...example, endpoint_url: plant.url, server_certificate: plant.fingerprint, password: 'right' }
}, 120_000)
afterAll(async () => {
  await plant.stop()
  vi.unstubAllEnvs()
  await place.remove()
})

interface Heard {
  readonly value: number | null
  readonly quality: readonly string[]
  readonly ageMs: number
}

/** A connected device, and a way to wait for what it pushes. */
async function aDevice(changes: object = OPEN) {
  const events: string[] = []
  const note = ({ event }: PluginLogFacts): void => void events.push(event)
  const log = { debug: note, info: note, warn: note, error: note }
  const device = await createTestDevice(plugin, { config: { ...config, ...changes }, log })
  const heard: Record<string, Heard> = {}
  const lost = Promise.withResolvers<Error>()
  const listen = (): void =>
    device.listen({
      pushed: (readings, ageMs) => {
        for (const { channel, value, quality } of readings) heard[channel] = { value, quality, ageMs }
      },
      lost: lost.resolve,
    })
  listen()
  await device.connect(signal)
  return { device, heard, events, lost: lost.promise }
}

const output = (node: string, changes: object = {}) => ({
  ...OPEN,
  nodes: [{ id: 'out', node_id: `ns=2;s=${node}`, writable: true, min: -1e15, max: 1e15, ...changes }],
})

describe('conformance', () =>
  describeConformance(plugin, test, {
    device: () => ({ ...config, ...OPEN }),
    unreachable: { endpoint_url: 'opc.tcp://127.0.0.1:9' },
  }))

test('takes values as they change, encrypted, after a login', async () => {
  plant.set('Reactor.Temperature', 81.25)
  plant.set('Reactor.Pressure', 2500)
  const { device, heard } = await aDevice({})
  await expect.poll(() => heard.temperature?.value, PATIENCE).toBe(81.25)
  await expect.poll(() => heard.pressure?.value, PATIENCE).toBe(2.5)
  plant.set('Reactor.Temperature', 82)
  await expect.poll(() => heard.temperature?.value, PATIENCE).toBe(82)
  await device.disconnect(signal)
})

test('knows how good a value is', async () => {
  const { device, heard } = await aDevice()
  plant.set('Reactor.Temperature', 1, StatusCodes.UncertainLastUsableValue)
  await expect.poll(() => heard.temperature, PATIENCE).toMatchObject({ value: 1, quality: ['uncertain', 'stale'] })
  plant.set('Reactor.Temperature', 2, StatusCodes.BadSensorFailure)
  await expect.poll(() => heard.temperature, PATIENCE).toMatchObject({ value: null, quality: ['bad', 'sensor_fault'] })
  plant.set('Reactor.Temperature', 3)
  await expect.poll(() => heard.temperature, PATIENCE).toMatchObject({ value: 3, quality: [] })
  await device.disconnect(signal)
})

test('knows how old a value is, but a value of long ago is one that did not change', async () => {
  const { device, heard } = await aDevice()
  await expect.poll(() => heard.temperature, PATIENCE).toBeDefined()
  plant.set('Reactor.Temperature', 4, StatusCodes.Good, new Date(Date.now() - 30_000))
  await expect.poll(() => heard.temperature?.value, PATIENCE).toBe(4)
  expect(heard.temperature?.ageMs).toBeGreaterThan(29_000)
  plant.set('Reactor.Temperature', 5, StatusCodes.Good, new Date(Date.now() - 3_600_000))
  await expect.poll(() => heard.temperature?.value, PATIENCE).toBe(5)
  expect(heard.temperature?.ageMs).toBe(0)
  await device.disconnect(signal)
})

test.each([
  ['Stirrer.Setpoint', -1200, -1200],
  ['Valve.Open', 1, 1],
  ['Heater.Power', 12.5, 12.5],
  ['Reactor.Temperature', -3.25, -3.25],
  ['Counter.Small', 255, 255],
  ['Counter.Large', 4_000_000_000, 4_000_000_000],
  ['Counter.Huge', -9_000_000_000, -9_000_000_000],
  ['Reactor.Pressure', 1000.4, 1000],
])('writes %s in the type that the server has, and reads it back: %d', async (node, value, has) => {
  const { device } = await aDevice(output(node))
  expect(await device.write('out', value, signal)).toMatchObject({ written: value, readback: has })
  expect(await device.read(['out'], signal)).toMatchObject([{ value: has, quality: [] }])
  await device.disconnect(signal)
})

test('scales what it writes and what it reads back', async () => {
  const { device } = await aDevice(output('Reactor.Pressure', { scale: 0.001, offset: -1 }))
  expect(await device.write('out', 1.5, signal)).toMatchObject({ written: 1.5, readback: 1.5 })
  await device.disconnect(signal)
})

test('refuses what the type of a node cannot hold', async () => {
  const { device } = await aDevice(output('Counter.Small'))
  await expect(device.write('out', 256, signal)).rejects.toMatchObject({ code: 'invalid_value' })
  await device.disconnect(signal)
  const { device: other } = await aDevice(output('Label'))
  await expect(other.write('out', 1, signal)).rejects.toThrow('ns=2;s=Label holds no number')
  await other.disconnect(signal)
})

test('goes on without nodes that the server does not have', async () => {
  const nodes = [...config.nodes, { id: 'ghost', node_id: 'ns=2;s=Nowhere' }, { id: 'label', node_id: 'ns=2;s=Label' }]
  const { device, heard, events } = await aDevice({ ...OPEN, nodes })
  expect(events).toEqual(['opcua.bad-node'])
  await expect.poll(() => heard.ghost, PATIENCE).toMatchObject({ value: null, quality: ['bad', 'sensor_fault'] })
  await expect.poll(() => heard.label?.value, PATIENCE).toBe(21.5)
  plant.set('Reactor.Temperature', 33)
  await expect.poll(() => heard.temperature?.value, PATIENCE).toBe(33)
  await device.disconnect(signal)
})

test.each([
  ['Basic256Sha256', 'sign'],
  ['Aes128_Sha256_RsaOaep', 'sign_and_encrypt'],
  ['Aes256_Sha256_RsaPss', 'sign_and_encrypt'],
])('speaks %s, %s', async (security_policy, security_mode) => {
  const { device, heard } = await aDevice({ security_policy, security_mode })
  await expect.poll(() => Object.keys(heard).length, PATIENCE).toBe(2)
  await device.disconnect(signal)
})

test('trusts nobody at first, and says whom it could trust', async () => {
  await expect(aDevice({ server_certificate: '' })).rejects.toThrow(plant.fingerprint)
  const other = plant.fingerprint.replace(/^../, (byte) => (byte === '00' ? '01' : '00'))
  await expect(aDevice({ server_certificate: other })).rejects.toMatchObject({ code: 'connection' })
  const { device, events } = await aDevice({ server_certificate: '', verify_server: false })
  expect(events).toContain('opcua.server-not-verified')
  await device.disconnect(signal)
})

test('trusts a certificate in PEM', async () => {
  const pem = await readFile(join(place.folder, 'server', 'own', 'certs', 'certificate.pem'), 'utf8')
  const { device } = await aDevice({ server_certificate: pem })
  await device.disconnect(signal)
})

test('keeps its own certificate, so that servers have to trust it once', async () => {
  const file = join(place.folder, '.webmacs', 'opcua', 'client.pem')
  const before = await readFile(file, 'utf8')
  const { device } = await aDevice({})
  await device.disconnect(signal)
  expect(await readFile(file, 'utf8')).toBe(before)
})

test('says that its certificate is lost when it has no home to keep it in', async () => {
  vi.stubEnv('HOME', '/dev/null')
  const { device, events } = await aDevice({})
  expect(events).toContain('opcua.certificate-not-kept')
  await device.disconnect(signal)
  vi.stubEnv('HOME', place.folder)
})

test('says which security the server has instead', async () => {
  const elsewhere = await placeForPlant()
  const old = await startPlant({ ...elsewhere, securityPolicies: [SecurityPolicy.Basic256Sha256] })
  const wanted = { security_policy: 'Aes256_Sha256_RsaPss', endpoint_url: old.url }
  await expect(aDevice(wanted)).rejects.toThrow(/offers only .*Basic256Sha256 with SignAndEncrypt/)
  await old.stop()
  await elsewhere.remove()
})

test('says that a login is refused', async () => {
  const refused = { code: 'connection', message: expect.stringMatching(/BadUserAccessDenied|BadIdentityTokenRejected/) }
  await expect(aDevice({ password: 'wrong' })).rejects.toMatchObject(refused)
})

test('logs in with the certificate of a user', async () => {
  const { privateKey } = await crypto_utils.generateKeyPair(2048)
  const { cert } = await crypto_utils.createSelfSignedCertificate({
    privateKey,
    subject: '/CN=lab',
    validity: 1,
    purpose: crypto_utils.CertificatePurpose.ForUserAuthentication,
  })
  const { privPem } = await crypto_utils.privateKeyToPEM(privateKey)
  const login = { authentication: 'certificate', certificate: cert, private_key: privPem }
  const { device } = await aDevice(login)
  await device.disconnect(signal)
  await expect(aDevice({ ...login, private_key: cert })).rejects.toThrow('private_key is no private key')
})

test.each([
  [{ security_policy: 'Basic256Sha256', security_mode: 'none' }, 'security_policy None'],
  [{ security_policy: 'None', security_mode: 'sign' }, 'security_policy None'],
  [{ authentication: 'user' }, 'username'],
  [{ authentication: 'certificate' }, 'private_key'],
])('refuses %j', async (contradiction, words) => {
  await expect(createTestDevice(plugin, { config: contradiction })).rejects.toThrow(words)
})

test('says at once that the server is gone, and takes values again when it is back', async () => {
  const { device, heard, lost } = await aDevice()
  await plant.stop()
  expect(await lost).toMatchObject({ code: 'connection' })
  await expect(device.write('valve', 1, signal)).rejects.toMatchObject({ code: 'wrong_state' })
  await expect(device.connect(signal)).rejects.toMatchObject({ code: 'connection' })
  plant = await startPlant(place)
  await device.connect(signal)
  plant.set('Reactor.Temperature', 77)
  await expect.poll(() => heard.temperature?.value, PATIENCE).toBe(77)
  await device.disconnect(signal)
}, 60_000)

test.each([[OPEN], [{}]])('gives up a server that never answers when it is told to: %j', async (security) => {
  const deaf = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => deaf.once('listening', resolve))
  const address = deaf.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const device = await createTestDevice(plugin, {
    config: { ...config, ...security, endpoint_url: `opc.tcp://127.0.0.1:${port}` },
  })
  const reason = new Error('enough')
  const patience = new AbortController()
  const connecting = device.connect(patience.signal)
  deaf.once('connection', () => patience.abort(reason))
  await expect(connecting).rejects.toBe(reason)
  await device.disconnect(signal)
  deaf.close()
})
