import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger } from '@webmacs/service-kit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { discoverPlugins } from './discover-plugins.ts'

let folder: string
let events: string[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webmacs-plugins-'))
  events = []
})
afterEach(() => rm(folder, { recursive: true }))

const log = createLogger({ service: 'test' }, { write: (line) => void events.push(JSON.parse(line).event) })

async function aPackage(name: string, manifest: unknown): Promise<void> {
  await mkdir(join(folder, name))
  const text = typeof manifest === 'string' ? manifest : JSON.stringify(manifest)
  await writeFile(join(folder, name, 'package.json'), text)
}

const discover = () => discoverPlugins([folder], log)

test('finds the plugins that packages announce, without running any of them', async () => {
  await aPackage('scale', {
    name: 'scale',
    version: '1.0.0',
    webmacs: { plugins: { scale: './index.js', 'scale-2': './two.js' } },
  })
  await mkdir(join(folder, 'no-package'))
  await writeFile(join(folder, 'README.md'), '')
  expect(await discover()).toEqual([
    { id: 'scale', packageName: 'scale', packageVersion: '1.0.0', module: join(folder, 'scale', 'index.js') },
    { id: 'scale-2', packageName: 'scale', packageVersion: '1.0.0', module: join(folder, 'scale', 'two.js') },
  ])
  expect(events).toEqual([])
})

test('lets the later of two packages with one plugin id count, and says so', async () => {
  await aPackage('a', { name: 'a', version: '1.0.0', webmacs: { plugins: { scale: './index.js' } } })
  await aPackage('b', { name: 'b', version: '1.0.0', webmacs: { plugins: { scale: './index.js' } } })
  expect((await discover()).map(({ packageName }) => packageName)).toEqual(['b'])
  expect(events).toEqual(['plugin.id-taken'])
})

test.each([
  ['plugin.package-invalid', { name: 'x' }],
  ['plugin.package-invalid', { name: 'x', version: '1.0.0', webmacs: { plugins: { 'Bad Id': './index.js' } } }],
  ['plugin.package-invalid', { name: 'x', version: '1.0.0', webmacs: { plugins: { scale: 7 } } }],
  ['plugin.package-unreadable', '{ not json'],
  ['plugin.module-outside', { name: 'x', version: '1.0.0', webmacs: { plugins: { scale: '../../etc/passwd' } } }],
  ['plugin.module-outside', { name: 'x', version: '1.0.0', webmacs: { plugins: { scale: '/etc/passwd' } } }],
])('leaves a package out with a line in the log: %s (%#)', async (event, manifest) => {
  await aPackage('x', manifest)
  await aPackage('y', { name: 'y', version: '1.0.0', webmacs: { plugins: { good: './index.js' } } })
  expect((await discover()).map(({ id }) => id)).toEqual(['good'])
  expect(events).toEqual([event])
})
