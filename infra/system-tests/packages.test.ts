import { randomBytes } from 'node:crypto'
import { pluginPackage, until } from '@webmacs/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type System, startSystem } from './src/system.ts'

let system: System
let token: string
beforeAll(async () => {
  system = await startSystem()
  const body = JSON.stringify({ email: 'admin@webmacs.io', password: 'admin123' })
  const headers = { 'content-type': 'application/json' }
  const login = await fetch(`${system.url}/api/v1/auth/login`, { method: 'POST', headers, body })
  token = ((await login.json()) as { access_token: string }).access_token
})
afterAll(() => system[Symbol.asyncDispose]())

interface Answered {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every form
  readonly body: any
}

async function call(method: string, path: string, body?: object | FormData): Promise<Answered> {
  const isForm = body instanceof FormData
  const response = await fetch(`${system.url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && !isForm && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
  })
  return { status: response.status, body: await response.json() }
}

function upload(file: Uint8Array): Promise<Answered> {
  const form = new FormData()
  form.append('file', new Blob([new Uint8Array(file)]), 'plugin.tgz')
  return call('POST', '/plugins/packages/upload', form)
}

async function pids(): Promise<number[]> {
  return Object.values((await system.runtime()).services).map(({ pid }) => pid)
}

const latest = async (event: string): Promise<number | undefined> => {
  const { body } = await call('GET', '/datapoints/latest')
  return body.find((point: { event_public_id: string }) => point.event_public_id === event)?.value
}

test('uses an uploaded package and a newer version of it, without a restart of anything', async () => {
  const before = await pids()
  const first = await upload(await pluginPackage({ version: '1.0.0', value: 21 }))
  expect(first).toMatchObject({ status: 201, body: { message: expect.stringMatching('can be used at once') } })
  const created = await call('POST', '/plugins', { plugin_id: 'weather', instance_name: 'Roof' })
  expect(created.status).toBe(201)
  const instance = (await call('GET', `/plugins/${created.body.public_id}`)).body
  const event = instance.channel_mappings[0].event_public_id
  await until('it reads', async () => (await latest(event)) === 21, { timeoutMs: 60_000 })

  // Random bytes do not become smaller: large enough to pass through everything in many pieces.
  const files = { 'data.bin': randomBytes(20 * 1024 * 1024) }
  const second = await upload(await pluginPackage({ version: '1.1.0', value: 22, files }))
  expect(second).toMatchObject({ status: 201, body: { message: expect.stringMatching('can be used at once') } })
  await until('the newer version reads', async () => (await latest(event)) === 22, { timeoutMs: 60_000 })

  const { body: packages } = await call('GET', '/plugins/packages')
  const listed = packages.map(({ package_name, source, version }: Record<string, string>) => [
    package_name,
    source,
    version,
  ])
  expect(listed).toContainEqual(['@webmacs/plugin-simulated', 'bundled', expect.any(String)])
  expect(listed.at(-1)).toEqual(['webmacs-plugin-weather', 'uploaded', '1.1.0'])
  await call('DELETE', `/plugins/${created.body.public_id}`)
  expect(await call('DELETE', `/plugins/packages/${packages.at(-1).public_id}`)).toMatchObject({ status: 200 })
  await until('no controller has it any more', async () => {
    const { body } = await call('GET', '/plugins/available')
    return body.every(({ id }: { id: string }) => id !== 'weather')
  })
  expect(await pids()).toEqual(before)
})
