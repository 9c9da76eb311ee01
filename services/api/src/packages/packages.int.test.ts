import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { openBucket, openFileStore } from '@webmacs/bus'
import { ControllerInventory, controllerKeys, DesiredPackages, newId, type PluginPackage } from '@webmacs/contracts'
import { PACKAGE_LIMITS } from '@webmacs/plugin-packages'
import { npmPack, pluginFiles, pluginPackage, until } from '@webmacs/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, type ApiSite, aProblem, startApiSite } from '../testing/api-site.ts'
import { announceController } from '../testing/controllers.ts'
import { type UploadOptions, uploadPackage } from '../testing/uploads.ts'

let site: ApiSite
beforeAll(async () => {
  site = await startApiSite()
  await announceController(site.bus)
  await tell('local', [{ name: '@webmacs/plugin-simulated', version: '3.0.0', source: 'bundled', plugins: ['simulated'], problem: null }]) // biome-ignore format: one line
  await until('the bundled package is listed', async () => (await list()).length === 1)
})
afterAll(() => site[Symbol.asyncDispose]())

/** What a controller says of its packages. */
async function tell(controller: string, packages: ControllerInventory['packages']): Promise<void> {
  const bucket = await openBucket(site.bus.bus, site.bus.bus.names.buckets.controllers, ControllerInventory)
  const key = controllerKeys.inventory(controller)
  const inventory = await bucket.get(key)
  if (inventory === undefined) throw new Error(`no controller ${controller}`)
  await bucket.put(key, { ...inventory, packages })
}

/** A controller that says what it is asked to say of each package that is wanted. */
async function answerFor(version: string, entry: Partial<ControllerInventory['packages'][number]>): Promise<void> {
  await until(`${version} is wanted`, async () => (await wanted())?.packages.some((one) => one.version === version))
  const name = 'webmacs-plugin-weather'
  const bundled = { name: '@webmacs/plugin-simulated', version: '3.0.0', plugins: ['simulated'], problem: null }
  const uploaded = { name, version, wanted: version, plugins: ['weather'], problem: null, ...entry }
  await tell('local', [
    { ...bundled, source: 'bundled' },
    { ...uploaded, source: 'uploaded' },
  ])
}

const list = async (): Promise<PluginPackage[]> => (await site.api.get('/api/v1/plugins/packages')).body

async function wanted(): Promise<DesiredPackages | undefined> {
  const bucket = await openBucket(site.bus.bus, site.bus.bus.names.buckets.controllers, DesiredPackages)
  return bucket.get(controllerKeys.packages)
}

const files = async (): Promise<number[]> => {
  const store = await openFileStore(site.bus.bus, site.bus.bus.names.files.packages)
  return [...(await store.list()).values()]
}

const upload = (file: Uint8Array, options?: UploadOptions): Promise<Answer> => uploadPackage(site, file, options)

test('lists bundled packages under ids that stay, and removes none of them', async () => {
  const [bundled] = await list()
  expect(bundled).toMatchObject({
    public_id: expect.stringMatching(/^pkg_[0-9a-z]{12}$/),
    package_name: '@webmacs/plugin-simulated',
    version: '3.0.0',
    source: 'bundled',
    plugin_ids: ['simulated'],
    file_size_bytes: null,
    removable: false,
    status: 'ready',
  })
  const other = await site.startApi()
  const elsewhere = await until('the other instance has heard', async () => {
    const { body } = await other.get('/api/v1/plugins/packages')
    return Array.isArray(body) && body.length > 0 && body
  })
  expect(elsewhere).toMatchObject([{ public_id: bundled?.public_id }])
  const answer = await site.api.request('DELETE', `/api/v1/plugins/packages/${bundled?.public_id}`)
  expect(answer).toMatchObject({ status: 400, body: { detail: 'Bundled plugins cannot be removed.' } })
})

test('takes a package in, shows how it fares, replaces it by a newer version, and removes it', async () => {
  const first = await pluginPackage({ version: '1.0.0' })
  const uploading = upload(first)
  await answerFor('1.0.0', {})
  const { status, body } = await uploading
  expect(status).toBe(201)
  expect(body.message).toMatch(
    /^Plugin package 'webmacs-plugin-weather' 1\.0\.0 installed \([\d,]+ bytes\)\. Its plugin weather can be used at once\.$/,
  )
  const uploaded = (await list()).at(-1)
  expect(uploaded).toMatchObject({
    version: '1.0.0',
    status: 'ready',
    removable: true,
    file_size_bytes: first.byteLength,
  })
  expect(await files()).toEqual([first.byteLength])

  expect(await upload(first)).toMatchObject({ status: 409, body: aProblem('package.version') })
  expect(await upload(await pluginPackage({ version: '0.9.0' }))).toMatchObject({ status: 409 })

  const second = await pluginPackage({ version: '1.1.0' })
  const replacing = upload(second)
  await answerFor('1.1.0', { version: '1.0.0', problem: 'it ended.' })
  expect((await replacing).body.message).toMatch(/1\.1\.0 received .* not in use\. local: it ended\./)
  expect((await list()).at(-1)).toMatchObject({
    public_id: uploaded?.public_id,
    version: '1.0.0',
    status: 'failed',
    error_message: 'local: it ended.',
  })
  await until('the file of the first version is gone', async () => (await files()).join() === `${second.byteLength}`)

  const instance = { plugin_id: 'weather', instance_name: 'Roof' }
  const created = await site.api.request('POST', '/api/v1/plugins', { body: instance })
  const path = `/api/v1/plugins/packages/${uploaded?.public_id}`
  const refused = await site.api.request('DELETE', path)
  expect(refused).toMatchObject({
    status: 409,
    body: aProblem('package.in-use', { detail: expect.stringMatching('Roof') }),
  })
  await site.api.request('DELETE', `/api/v1/plugins/${created.body.public_id}`)
  expect(await site.api.request('DELETE', path)).toMatchObject({ status: 200 })
  expect(await site.api.request('DELETE', path)).toMatchObject({
    status: 404,
    body: { detail: `Plugin package '${uploaded?.public_id}' not found.` },
  })
  await until('nothing is left', async () => (await files()).length === 0 && (await wanted())?.packages.length === 0)

  const { body: audit } = await site.api.get('/api/v1/audit?page_size=50')
  const verbs = audit.data.filter((entry: { entity: string }) => entry.entity === 'plugin_package')
  expect(verbs.map(({ action }: { action: string }) => action)).toEqual(['deleted', 'updated', 'created'])
})

test.each<[string, string, () => Promise<Uint8Array>, number, RegExp]>([
  ['a Python wheel', 'package.not-a-package', async () => Buffer.from('PK\x03\x04'), 422, /npm pack/],
  [
    'a package without plugins',
    'package.no-plugins',
    () => pluginPackage({ manifest: { webmacs: {} } }),
    422,
    /webmacs/,
  ],
  [
    'a plugin id of a bundled package',
    'package.plugin-taken',
    () => pluginPackage({ plugin: 'simulated' }),
    409,
    /plugin-simulated/,
  ],
  [
    'the name of a bundled package',
    'package.plugin-taken',
    () => pluginPackage({ name: '@webmacs/plugin-simulated' }),
    409,
    /another name/,
  ],
  [
    'what needs another Node.js',
    'package.node-version',
    () => pluginPackage({ manifest: { engines: { node: '<20' } } }),
    422,
    /"local" runs/,
  ],
  ['what is for another system', 'package.platform', () => pluginPackage({ manifest: { os: ['aix'] } }), 422, /aix/],
  [
    'what is not bundled',
    'package.unbundled',
    () => pluginPackage({ manifest: { bundleDependencies: [] } }),
    422,
    /plugin-sdk/,
  ],
  [
    'what has to be compiled',
    'package.native',
    () => pluginPackage({ manifest: { scripts: { install: 'make' } } }),
    422,
    /install/,
  ],
  [
    'what lacks its module',
    'package.broken',
    () => pluginPackage({ manifest: { webmacs: { plugins: { weather: './no.js' } } } }),
    422,
    /no\.js/,
  ],
])('refuses %s (%s)', async (_what, code, file, status, words) => {
  const answer = await upload(await file())
  expect(answer).toMatchObject({ status, body: { code, detail: expect.stringMatching(words) } })
  expect((await list()).filter(({ source }) => source === 'uploaded')).toEqual([])
})

test('refuses what is larger than 50 MB while it comes, and forms without a file', async () => {
  expect(await upload(Buffer.alloc(51 * 1024 * 1024))).toMatchObject({
    status: 413,
    body: { code: 'package.too-large' },
  })
  expect(await upload(await pluginPackage(), { field: 'wheel' })).toMatchObject({
    status: 422,
    body: { code: 'request.invalid', errors: [{ field: 'body.file' }] },
  })
  const json = await site.api.request('POST', '/api/v1/plugins/packages/upload', { body: {} })
  expect(json).toMatchObject({ status: 415, body: { detail: expect.stringMatching('multipart/form-data') } })
  const { operator } = site.users
  expect(await upload(gzipSync('x'), { token: operator.token })).toMatchObject({ status: 403 })
})

test('refuses what all packages together have no room for', async () => {
  const large = { public_id: newId('pkg'), package_name: 'large', version: '1.0.0', plugin_ids: ['large'], sha256: 'x' }
  const file_size_bytes = PACKAGE_LIMITS.allFilesBytes - 100
  await site.db.db
    .insertInto('plugin_packages')
    .values({ ...large, file_size_bytes })
    .execute()
  expect(await upload(await pluginPackage())).toMatchObject({
    status: 413,
    body: { code: 'package.too-large', detail: expect.stringMatching(/together .* 450 MB/) },
  })
  await site.db.db.deleteFrom('plugin_packages').execute()
})

test.each([
  ['without a boundary', 'multipart/form-data', 'x'],
  [
    'that is cut off',
    'multipart/form-data; boundary=b',
    '--b\r\ncontent-disposition: form-data; name="file"; filename="x"\r\n\r\nabc',
  ],
  ['that is none', 'multipart/form-data; boundary=b', 'hello'],
])('refuses a form %s', async (_what, type, body) => {
  const headers = { 'content-type': type }
  const answer = await site.api.request('POST', '/api/v1/plugins/packages/upload', { headers, body })
  expect(answer).toMatchObject({ status: 422, body: { code: 'request.invalid' } })
})

test('blames nobody else for a client that hangs up in the middle', async () => {
  const { hostname, port } = new URL(site.api.url)
  const path = '/api/v1/plugins/packages/upload'
  const head = [
    `POST ${path} HTTP/1.1`,
    'host: api',
    `authorization: Bearer ${site.users.admin.token}`,
    'content-type: multipart/form-data; boundary=b',
    'content-length: 1000000',
  ].join('\r\n')
  const form = '--b\r\ncontent-disposition: form-data; name="file"; filename="x"\r\n\r\n'
  const begun = () => site.api.logged.filter(({ msg }) => msg === 'starting multipart parsing').length
  const failures = () => site.api.logged.filter(({ route, code }) => route === path && code !== undefined)
  const before = { begun: begun(), failures: failures().length }
  const socket = connect(Number(port), hostname)
  socket.write(`${head}\r\n\r\n${form}${'a'.repeat(100_000)}`)
  await until('it is being read', () => begun() > before.begun)
  socket.destroy()
  const end = await until('it has ended', () => failures()[before.failures])
  expect(end).toMatchObject({ status: 422, code: 'request.invalid' })
})

test('lets one of two packages have a plugin id, whichever comes first', async () => {
  const one = await pluginPackage({ name: 'one', plugin: 'shared' })
  const other = await pluginPackage({ name: 'other', plugin: 'shared' })
  const answers = Promise.all([upload(one), upload(other)])
  await until('one is wanted', async () => (await wanted())?.packages.length === 1)
  const name = (await wanted())?.packages[0]?.name ?? ''
  await tell('local', [{ name, version: '1.0.0', wanted: '1.0.0', source: 'uploaded', plugins: ['shared'], problem: null }]) // biome-ignore format: one line
  expect((await answers).map(({ status }) => status).sort()).toEqual([201, 409])
  const uploaded = (await list()).find(({ package_name }) => package_name === name)
  expect(await site.api.request('DELETE', `/api/v1/plugins/packages/${uploaded?.public_id}`)).toMatchObject({
    status: 200,
  })
})

test('gives the broker everything once more when it has lost its disk', async () => {
  const file = await npmPack(await pluginFiles({ name: 'kept', plugin: 'kept' }))
  const uploading = upload(file)
  await until('it is wanted', async () => (await wanted())?.packages.length === 1)
  await tell('local', [{ name: 'kept', version: '1.0.0', wanted: '1.0.0', source: 'uploaded', plugins: ['kept'], problem: null }]) // biome-ignore format: one line
  await uploading
  const { jsm, names } = site.bus.bus
  await jsm.streams.purge(`OBJ_${names.files.packages}`)
  await jsm.streams.purge(`KV_${names.buckets.controllers}`, { filter: `$KV.${names.buckets.controllers}.packages` })
  expect(await files()).toEqual([])
  await site.startApi() // what it does at its start it does when the broker comes back
  await until('the file is there again', async () => (await files())[0] === file.byteLength)
  await until('and so is the wish', async () => (await wanted())?.packages[0]?.name === 'kept')
})
