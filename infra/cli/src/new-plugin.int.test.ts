import { createReadStream } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkPackage, inspectPackage } from '@webmacs/plugin-packages'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCli } from './cli.ts'
import { run } from './run.ts'
import { UsageError } from './usage-error.ts'

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url))
/** Inside the repository, so that TypeScript and the types are found without a package registry. */
const SCRATCH = join(REPOSITORY, '.webmacs', 'cli-tests')
let folder: string
const printed: string[] = []
const cli = (...args: string[]) => runCli(args, { cwd: folder, print: (line) => printed.push(line) })

beforeAll(async () => {
  await mkdir(SCRATCH, { recursive: true })
  folder = await mkdtemp(join(SCRATCH, 'plugins-'))
  await mkdir(join(folder, 'broken'))
  await writeFile(join(folder, 'broken', 'package.json'), '{')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** What `npm install` does with the SDK in vendor/. */
async function installSdk(plugin: string): Promise<void> {
  const [sdk = ''] = await readdir(join(plugin, 'vendor'))
  const target = join(plugin, 'node_modules', '@webmacs', 'plugin-sdk')
  await mkdir(target, { recursive: true })
  await run('tar', ['-xzf', join(plugin, 'vendor', sdk), '-C', target, '--strip-components=1'], plugin)
}

async function build(plugin: string): Promise<void> {
  await run(join(REPOSITORY, 'node_modules', '.bin', 'tsc'), [], plugin)
}

test('makes a driver that builds, passes its tests and the checks, and packs with its SDK', async () => {
  expect(await cli('plugin', 'new', 'room-sensor')).toBe(0)
  const plugin = join(folder, 'room-sensor')
  const manifest = JSON.parse(await readFile(join(plugin, 'package.json'), 'utf8'))
  expect(manifest).toMatchObject({
    name: 'webmacs-plugin-room-sensor',
    webmacs: { plugins: { 'room-sensor': './dist/index.js' } },
  })
  await installSdk(plugin)
  await build(plugin)
  expect(await run(process.execPath, ['--test', 'dist/'], plugin)).toContain('fail 0')
  expect(await cli('plugin', 'check', 'room-sensor')).toBe(0)
  expect(printed.at(-1)).toBe('All checks passed.')
  const [{ files }] = JSON.parse(await run('npm', ['pack', '--json', '--ignore-scripts'], plugin))
  const paths = files.map(({ path }: { path: string }) => path)
  expect(paths).toContain('dist/index.js')
  expect(paths).toContain('node_modules/@webmacs/plugin-sdk/dist/index.js')
  expect(paths).not.toContain('dist/index.test.js')
  // As api judges what is uploaded.
  const packed = join(plugin, 'webmacs-plugin-room-sensor-0.1.0.tgz')
  const contents = await inspectPackage(createReadStream(packed), (await stat(packed)).size)
  checkPackage(contents, [{ controller: 'local', node: '24.0.0', os: 'linux', cpu: 'x64' }])
  expect([...contents.plugins.keys()]).toEqual(['room-sensor'])
})

test('builds the worked example of the guide on top of it, and its tests pass', async () => {
  expect(await cli('plugin', 'new', 'weather')).toBe(0)
  const plugin = join(folder, 'weather')
  await cp(join(REPOSITORY, 'docs', 'examples', 'weather-station', 'src'), join(plugin, 'src'), { recursive: true })
  await installSdk(plugin)
  await build(plugin)
  expect(await run(process.execPath, ['--test', 'dist/'], plugin)).toContain('fail 0')
  expect(await cli('plugin', 'check', 'weather')).toBe(0)
})

test('says which check a driver fails', async () => {
  const plugin = join(folder, 'weather')
  const built = join(plugin, 'dist', 'index.js')
  await writeFile(built, (await readFile(built, 'utf8')).replace("unit: 'bool'", "unit: ''"))
  const check = run(process.execPath, [join(REPOSITORY, 'infra', 'cli', 'src', 'testing', 'check.ts'), plugin], folder)
  await expect(check).rejects.toThrow('FAILED  gives each channel a unit: channel "heater" has none')
})

test.each([
  [['plugin', 'new', 'Room Sensor'], 'is no id of a plugin'],
  [['plugin', 'new', 'again', 'broken'], 'is there already and not empty'],
  [['plugin', 'check', 'nowhere'], 'cannot be read'],
  [['plugin', 'check', 'broken'], 'does not hold a JSON object'],
  [['plugin', 'drop'], 'npm run webmacs -- <command>'],
])('tells what is wrong with %j', async (args, message) => {
  const failure = await cli(...args).catch((err: unknown) => err)
  expect(failure).toBeInstanceOf(UsageError)
  expect(String(failure)).toContain(message)
})
