import { randomBytes } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { npmPack, pluginFiles, pluginPackage } from '@webmacs/testing'
import { expect, test } from 'vitest'
import { type ArchiveEntry, archiveOf, manifestEntry, streamOf } from './archives.fixture.ts'
import { inspectPackage } from './inspect-package.ts'
import { PACKAGE_LIMITS } from './limits.ts'

const inspect = (file: Uint8Array) => inspectPackage(streamOf(file), file.byteLength)
const index: ArchiveEntry = { name: 'package/index.js', content: 'export {}' }
const refusal = (code: string, words: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(words) })

test('reads what npm pack makes: plugins, files, and what is bundled', async () => {
  const { manifest, plugins, files, bundled } = await inspect(await pluginPackage({ version: '1.2.3' }))
  expect(manifest).toMatchObject({ name: 'webmacs-plugin-weather', version: '1.2.3' })
  expect([...plugins]).toEqual([['weather', './index.js']])
  expect([...files]).toEqual(expect.arrayContaining(['package.json', 'index.js']))
  expect([...bundled.keys()]).toEqual(['node_modules/@webmacs/plugin-sdk'])
})

test('takes archives that are written by tar itself, with folders and a leading ./', async () => {
  const folder: ArchiveEntry = { name: './package/lib/', type: 'directory' }
  const { files } = await inspect(await archiveOf([folder, manifestEntry, { ...index, name: './package/index.js' }]))
  expect([...files]).toEqual(['package.json', 'index.js'])
})

test.each([
  ['a text', Buffer.from('hello'), /not compressed with gzip/],
  ['nothing', Buffer.alloc(0), /gzip|no package\/package.json/],
  ['a compressed text', gzipSync('hello'.repeat(1000)), /no archive/],
])('refuses %s: not a package', async (_what, file, words) => {
  await expect(inspect(file)).rejects.toEqual(refusal('package.not-a-package', words))
})

test('refuses a package that was cut off', async () => {
  const whole = await pluginPackage()
  const cut = whole.subarray(0, whole.byteLength / 2)
  await expect(inspect(cut)).rejects.toEqual(refusal('package.not-a-package', /cut off/))
})

test.each([
  ['no package.json', [index], /no package\/package.json/],
  ['files outside of the folder package', [{ ...index, name: 'other/index.js' }], /npm pack/],
  ['a package.json that is no JSON', [{ ...manifestEntry, content: '{' }], /package.json is not usable/],
  ['a name that npm forbids', [{ ...manifestEntry, content: '{"name":"A B","version":"1.0.0"}' }], /name/],
  [
    'an endless demand',
    [
      {
        ...manifestEntry,
        content: JSON.stringify({ name: 'p', version: '1.0.0', engines: { node: '>'.repeat(300) } }),
      },
    ],
    /engines/,
  ],
  ['a version that is none', [{ ...manifestEntry, content: '{"name":"p","version":"one"}' }], /semantic version/],
  ['a file twice', [manifestEntry, index, index], /already/],
  [
    'a file where others have their folder',
    [manifestEntry, { name: 'package/a/b/c' }, { name: 'package/a' }],
    /already/,
  ],
  ['a file below another one', [manifestEntry, { name: 'package/a' }, { name: 'package/a/b/c' }], /already/],
  ['a file without a name', [manifestEntry, { name: 'package', content: 'x' }], /already/],
  ['a size that is none', [manifestEntry, { ...index, pax: { size: '-5' } }], /no archive/],
])('refuses %s: not a package', async (_what, entries, words) => {
  await expect(inspect(await archiveOf(entries))).rejects.toEqual(refusal('package.not-a-package', words))
})

test('refuses a package without webmacs.plugins, and says what to write', async () => {
  const files = await pluginFiles({ manifest: { webmacs: undefined } })
  await expect(inspect(await npmPack(files))).rejects.toEqual(refusal('package.no-plugins', /"webmacs": \{ "plugins"/))
})

test.each<[string, ArchiveEntry]>([
  ['a path upwards', { name: 'package/../../etc/passwd', content: 'x' }],
  ['an absolute path', { name: '/etc/passwd', content: 'x' }],
  ['a drive', { name: 'C:/windows/x', content: 'x' }],
  ['a backslash', { name: 'package\\..\\x', content: 'x' }],
  ['a link', { name: 'package/link', type: 'symlink', linkname: '../../etc/passwd' }],
  ['a hard link', { name: 'package/link', type: 'link', linkname: '/etc/passwd' }],
  ['a device', { name: 'package/sda', type: 'block-device', devmajor: 8, devminor: 0 }],
  ['a path with a NUL in it', { name: 'package/x', pax: { path: 'package/a\0b' } }],
  ['a path that no system takes', { name: `package/${'abc/'.repeat(300)}x` }],
  ['a name that no system takes', { name: `package/${'ä'.repeat(128)}` }],
  ['a pipe', { name: 'package/pipe', type: 'fifo' }],
])('refuses %s', async (_what, entry) => {
  const file = await archiveOf([manifestEntry, index, entry])
  await expect(inspect(file)).rejects.toEqual(refusal('package.path', /npm pack/))
})

test('refuses what becomes many times larger when it is unpacked, before it is', async () => {
  const zeros = Buffer.alloc(PACKAGE_LIMITS.ratioFromBytes + 1024 * 1024)
  const file = await archiveOf([manifestEntry, index, { name: 'package/zeros', content: zeros }])
  await expect(inspect(file)).rejects.toEqual(refusal('package.bomb', /more than 200 times/))
})

test('refuses a file that says of itself that it is larger than all may be', async () => {
  const file = await archiveOf([manifestEntry, { name: 'package/large', content: 'x' }])
  const size = PACKAGE_LIMITS.unpackedBytes + 1
  const raw = gunzipSync(file)
  const header = 2 * 512
  raw.write(size.toString(8).padStart(11, '0'), header + 124, 'latin1')
  raw.fill(' ', header + 148, header + 156)
  const sum = raw.subarray(header, header + 512).reduce((total, byte) => total + byte, 0)
  raw.write(`${sum.toString(8).padStart(6, '0')}\0 `, header + 148, 'latin1')
  await expect(inspect(gzipSync(raw))).rejects.toEqual(refusal('package.bomb', /larger than 500 MB/))
})

test('refuses a package of too many files', async () => {
  const many = Array.from({ length: PACKAGE_LIMITS.files }, (_, n) => ({ name: `package/${n}` }))
  const file = await archiveOf([manifestEntry, ...many])
  await expect(inspect(file)).rejects.toEqual(refusal('package.bomb', /20,000 files/))
})

test('refuses manifests that would fill the memory', async () => {
  const large = JSON.stringify({ description: randomBytes(400_000).toString('hex') })
  const many = Array.from({ length: 27 }, (_, n) => ({
    name: `package/node_modules/m${n}/package.json`,
    content: large,
  }))
  const file = await archiveOf([manifestEntry, ...many])
  await expect(inspect(file)).rejects.toEqual(refusal('package.bomb', /package\.json.* 20 MB/))
})

test('refuses headers that would fill the memory', async () => {
  const noise = Buffer.alloc(12 * 1024 * 1024, 'x')
  const file = await archiveOf([manifestEntry, { name: 'package/x', pax: { comment: noise.toString('latin1') } }])
  await expect(inspect(file)).rejects.toEqual(refusal('package.bomb', /header/))
})

test('reads many files with long names', async () => {
  const name = 'a-name-that-is-longer-than-a-header-has-room-for/'.repeat(6)
  const many = Array.from({ length: 5000 }, (_, n) => ({ name: `package/${name}${n}`, content: 'x' }))
  const { files } = await inspect(await archiveOf([manifestEntry, index, ...many]))
  expect(files.size).toBe(5002)
})
