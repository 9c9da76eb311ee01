import { npmPack, type PackageFiles, pluginFiles } from '@webmacs/testing'
import { expect, test } from 'vitest'
import { streamOf } from './archives.fixture.ts'
import { checkPackage, type TargetPlatform } from './check-package.ts'
import { inspectPackage } from './inspect-package.ts'

const here: TargetPlatform = { controller: 'local', node: '24.21.0', os: 'linux', cpu: 'x64' }

async function check(files: PackageFiles, targets: readonly TargetPlatform[] = [here]): Promise<void> {
  const file = await npmPack(files)
  checkPackage(await inspectPackage(streamOf(file), file.byteLength), targets)
}

const refusal = (code: string, words: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(words) })

/** The beginning of a compiled module, as far as it says what it runs on. */
function elf(machine: number): Buffer {
  const head = Buffer.alloc(128)
  head.write('\x7fELF\x02\x01\x01', 'latin1')
  head.writeUInt16LE(machine, 18)
  return head
}
function portableExecutable(machine: number): Buffer {
  const head = Buffer.alloc(512)
  head.write('MZ', 'latin1')
  head.writeUInt32LE(256, 0x3c)
  head.write('PE\0\0', 256, 'latin1')
  head.writeUInt16LE(machine, 260)
  return head
}
function machO(cpu: number): Buffer {
  const head = Buffer.alloc(128)
  head.writeUInt32BE(0xcffaedfe, 0)
  head.writeUInt32LE(cpu, 4)
  return head
}

test('accepts a package that brings along what it needs', async () => {
  await check(await pluginFiles({ manifest: { engines: { node: '>=20' }, os: ['linux', 'darwin'], cpu: ['!ia32'] } }))
})

test('refuses a package whose module is not in it', async () => {
  const files = await pluginFiles({ manifest: { files: ['lib'] }, files: { 'lib/x.js': '' } })
  const { 'index.js': _left, ...rest } = files
  await expect(check({ ...rest, 'lib/x.js': '' })).rejects.toEqual(refusal('package.broken', /"\.\/index\.js"/))
})

test.each([
  [
    'another version of Node.js',
    { engines: { node: '>=99' } },
    'package.node-version',
    /needs Node\.js >=99.*24\.21\.0/,
  ],
  ['another operating system', { os: ['win32'] }, 'package.platform', /for os win32.*runs on linux/],
  ['any but this processor', { cpu: ['!x64'] }, 'package.platform', /for cpu !x64.*runs on x64/],
])('refuses a package that is for %s', async (_what, manifest, code, words) => {
  await expect(check(await pluginFiles({ manifest }))).rejects.toEqual(refusal(code, words))
})

test('asks each controller, and names the one that it does not suit', async () => {
  const files = await pluginFiles({ manifest: { cpu: ['x64'] } })
  const edge = { ...here, controller: 'edge', cpu: 'arm64' }
  await expect(check(files, [here, edge])).rejects.toEqual(refusal('package.platform', /"edge" runs on arm64/))
})

test('refuses a package that does not bring along its dependencies, or theirs', async () => {
  const dependency = (name: string, more: object): PackageFiles => ({
    [`node_modules/${name}/package.json`]: JSON.stringify({ name, version: '1.0.0', ...more }),
  })
  const unbundled = await pluginFiles({ manifest: { dependencies: { mqtt: '5' }, bundleDependencies: undefined } })
  await expect(check(unbundled)).rejects.toEqual(refusal('package.unbundled', /needs: mqtt\..*bundleDependencies/))
  const peer = await pluginFiles({ manifest: { peerDependencies: { typebox: '1' } } })
  await expect(check(peer)).rejects.toEqual(refusal('package.unbundled', /typebox/))
  const manifest = { dependencies: { one: '1' }, bundleDependencies: ['one'] }
  const deep = await pluginFiles({ manifest, files: dependency('one', { dependencies: { '@far/two': '2' } }) })
  // npm itself leaves nothing out that it is told to bundle, so what is missing is missing in the folder.
  await expect(check(deep)).rejects.toEqual(refusal('package.unbundled', /@far\/two/))
})

test('does not miss what may be missing', async () => {
  const manifest = {
    devDependencies: { vitest: '5' },
    optionalDependencies: { bufferutil: '4' },
    peerDependencies: { typebox: '1' },
    peerDependenciesMeta: { typebox: { optional: true } },
  }
  await check(await pluginFiles({ manifest }))
})

test('refuses a package whose compiled parts do not fit, and takes one that has some for several platforms', async () => {
  const withBinary = (files: PackageFiles) => pluginFiles({ files })
  await check(await withBinary({ 'a.node': elf(0x3e) }))
  for (const binary of [elf(0xb7), portableExecutable(0x8664), machO(0x01000007), Buffer.from('no binary')]) {
    const files = await withBinary({ 'build/a.node': binary })
    await expect(check(files)).rejects.toEqual(refusal('package.native', /none for linux x64/))
  }
  await check(await withBinary({ 'linux/a.node': elf(0x3e), 'arm/a.node': elf(0xb7), 'mac/a.node': machO(0x0100000c) }))
})

test('refuses a package that would have to be compiled, or run scripts, to be installed', async () => {
  const script = await pluginFiles({ manifest: { scripts: { postinstall: 'node setup.js' } } })
  await expect(check(script)).rejects.toEqual(refusal('package.native', /script "postinstall"/))
  const library = JSON.stringify({ name: 'serial', version: '1.0.0', scripts: { install: 'node-gyp rebuild' } })
  const compiled = await pluginFiles({
    manifest: { dependencies: { serial: '1' }, bundleDependencies: ['serial', '@webmacs/plugin-sdk'] },
    files: { 'node_modules/serial/package.json': library },
  })
  await expect(check(compiled)).rejects.toEqual(refusal('package.native', /node_modules\/serial.*compiled/))
  await check({ ...compiled, 'node_modules/serial/build/x.node': elf(0x3e) })
})
