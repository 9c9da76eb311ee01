import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openBucket } from '@webmacs/bus'
import { ControllerInventory, controllerKeys, type DesiredInstance, newId } from '@webmacs/contracts'
import { npmPack, type PluginPackageOptions, pluginFiles, pluginPackage, until } from '@webmacs/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type OfferedPackage, offer } from '../testing/offered-packages.ts'
import { type Site, startSite } from '../testing/site.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
const PATIENCE = { timeoutMs: 25_000 }

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webmacs-packages-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

const startPackageSite = () => startSite({ environment: { WEBMACS_DATA_DIR: folder, LOG_LEVEL: 'fatal' } })

/** A version whose channel `reading` shows the value. */
async function aVersion(version: string, value: number, more: PluginPackageOptions = {}): Promise<OfferedPackage> {
  return { version, file: await pluginPackage({ version, value, ...more }) }
}

/** A version whose drivers say who they are, but end their process when they are to run an instance. */
async function aDyingVersion(version: string): Promise<OfferedPackage> {
  const files = await pluginFiles({ version })
  const text = String(files['index.js']).replace('new Constant(context)', 'process.exit(3)')
  return { version, file: await npmPack({ ...files, 'index.js': text }) }
}

const aWeatherStation = (site: Site): Promise<DesiredInstance> =>
  site.want({
    name: 'Roof',
    plugin: 'weather',
    channels: ['reading', 'process'].map((channel) => ({
      channel,
      event: newId('evt'),
      direction: 'input',
      settings: {},
    })),
  })

const untilItReads = (site: Site, instance: DesiredInstance, value: number): Promise<unknown> =>
  until(`it reads ${value}`, () => site.valuesOf(instance, 'reading').at(-1) === value, PATIENCE)

/** What a controller says of a package. */
async function told(site: Site, controller = 'lab-1', name = 'webmacs-plugin-weather') {
  const bucket = await openBucket(site.bus, site.bus.names.buckets.controllers, ControllerInventory)
  const inventory = await bucket.get(controllerKeys.inventory(controller))
  return inventory?.packages.find((one) => one.name === name)
}

const untilTold = (site: Site, version: string, controller = 'lab-1') =>
  until(
    `${controller} uses ${version}`,
    async () => {
      const entry = await told(site, controller)
      return entry?.version === version && entry.problem === null && entry
    },
    PATIENCE,
  )

const folders = (controller = 'lab-1', name = ''): Promise<string[]> =>
  readdir(join(folder, 'controller', controller, 'packages', name))

test('uses a package at once, a newer version without a restart of others, the version before when it fails, and lets go of it', async () => {
  await using site = await startPackageSite()
  const controller = await site.startController()
  const bench = await site.want()
  const weather = await aWeatherStation(site)
  await until('the driver is missing', async () => (await site.reported(weather))?.status === 'error', PATIENCE)
  await site.untilCounted(bench, 1)
  const others = controller.pluginPids().get(bench.instance)

  const first = await aVersion('1.0.0', 1)
  await offer(site.bus, [first])
  await untilItReads(site, weather, 1)
  expect(await untilTold(site, '1.0.0')).toMatchObject({ source: 'uploaded', plugins: ['weather'], wanted: '1.0.0' })
  expect((await site.inventory())?.plugins.map(({ id }) => id)).toEqual(['bench', 'weather'])

  await offer(site.bus, [await aVersion('1.1.0', 2)])
  await untilItReads(site, weather, 2)
  await untilTold(site, '1.1.0')
  await until('the first version is gone', async () => (await folders('lab-1', 'webmacs-plugin-weather')).length === 2)

  const throwing = await aVersion('1.2.0', 3, { prologue: 'throw new Error("no sensor library")' })
  const pid = controller.pluginPids().get(weather.instance)
  await offer(site.bus, [throwing])
  await until('it is refused', async () => (await told(site))?.problem, PATIENCE)
  expect(await told(site)).toMatchObject({
    version: '1.1.0',
    wanted: '1.2.0',
    problem: expect.stringMatching(/^Version 1\.2\.0 is not used\..*no sensor library/),
  })
  expect(controller.pluginPids().get(weather.instance)).toBe(pid)

  await offer(site.bus, [await aDyingVersion('1.3.0')])
  await until('it is rolled back', async () => (await told(site))?.problem?.includes('1.3.0'), PATIENCE)
  expect(await told(site)).toMatchObject({ version: '1.1.0', problem: expect.stringMatching('ended with code 3') })
  const seen = site.valuesOf(weather, 'reading').length
  await until('it reads again', () => site.valuesOf(weather, 'reading').length > seen, PATIENCE)
  expect(site.valuesOf(weather, 'reading').at(-1)).toBe(2)

  await offer(site.bus, [])
  await until('it is gone', async () => (await told(site)) === undefined, PATIENCE)
  const without = 'This controller has no plugin "weather"'
  await until('the instance says so', async () => (await site.reported(weather))?.error_message === without, PATIENCE)
  await until('its files are gone', async () => (await folders()).length === 0, PATIENCE)
  expect(controller.pluginPids().get(bench.instance)).toBe(others)
}, 120_000)

test('installs on every controller, and keeps what is unpacked when the broker has forgotten it', async () => {
  await using site = await startPackageSite()
  await offer(site.bus, [await aVersion('1.0.0', 7)])
  const [one] = await Promise.all([site.startController(), site.startController({ WEBMACS_CONTROLLER_ID: 'lab-2' })])
  await Promise.all([untilTold(site, '1.0.0'), untilTold(site, '1.0.0', 'lab-2')])
  await one.stop()
  const { jsm, names } = site.bus
  await jsm.streams.purge(`OBJ_${names.files.packages}`)
  await jsm.streams.purge(`KV_${names.buckets.controllers}`)
  await site.startController()
  const weather = await aWeatherStation(site)
  await untilItReads(site, weather, 7)
  expect(await told(site)).toMatchObject({ version: '1.0.0', wanted: '1.0.0', problem: null })
}, 60_000)

test('refuses a package that takes the plugin id of a bundled one, and one that is not what it is called', async () => {
  await using site = await startPackageSite()
  await site.startController()
  const taken = await pluginPackage({ name: 'taken', plugin: 'bench' })
  const misnamed = await pluginPackage({ name: 'other', plugin: 'other' })
  await offer(site.bus, [
    { name: 'taken', version: '1.0.0', file: taken },
    { name: 'misnamed', version: '1.0.0', file: misnamed },
  ])
  const problem = (name: string) => until(name, async () => (await told(site, 'lab-1', name))?.problem, PATIENCE)
  expect(await problem('taken')).toMatch(/"bench" belongs to webmacs-test-bench/)
  expect(await problem('misnamed')).toMatch(/It is other 1\.0\.0/)
  expect((await site.inventory())?.plugins.map(({ id }) => id)).toEqual(['bench'])
}, 60_000)

test('waits for a file that is not there yet', async () => {
  await using site = await startPackageSite()
  await site.startController()
  const first = await aVersion('1.0.0', 1)
  await offer(site.bus, [first])
  await untilTold(site, '1.0.0')
  const second = await aVersion('2.0.0', 2)
  await offer(site.bus, [second])
  await site.bus.jsm.streams.purge(`OBJ_${site.bus.names.files.packages}`)
  await offer(site.bus, [second])
  await untilTold(site, '2.0.0')
}, 60_000)

/** The controller as it really runs. */
async function startProcess(site: Site): Promise<ChildProcess> {
  const child = fork(MAIN, [], {
    env: { ...site.environment },
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  await once(child, 'message')
  return child
}

test('leaves nothing half unpacked when it is killed in the middle, and unpacks it when it comes back', async () => {
  await using site = await startPackageSite()
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`data/${n}.txt`, `${n}`]))
  const controller = await startProcess(site)
  await offer(site.bus, [await aVersion('1.0.0', 5, { files: many })])
  const unfinished = await until(
    'it unpacks',
    async () => (await folders()).find((name) => name.startsWith('.unfinished-')),
    PATIENCE,
  )
  await until(
    'some of it is there',
    async () => (await folders('lab-1', join(unfinished, 'data'))).length > 10,
    PATIENCE,
  )
  controller.kill('SIGKILL')
  await once(controller, 'exit')
  expect(await folders()).toEqual([unfinished])
  await site.startController()
  await untilItReads(site, await aWeatherStation(site), 5)
  const [version = ''] = (await folders('lab-1', 'webmacs-plugin-weather')).filter((name) => name !== 'state.json')
  expect(await folders('lab-1', join('webmacs-plugin-weather', version, 'data'))).toHaveLength(1000)
  expect(await folders()).toEqual(['webmacs-plugin-weather'])
}, 90_000)

test('goes on with a trial when it was restarted meanwhile', async () => {
  await using site = await startPackageSite()
  const first = await site.startController()
  const weather = await aWeatherStation(site)
  await offer(site.bus, [await aVersion('1.0.0', 1)])
  await untilItReads(site, weather, 1)
  await offer(site.bus, [await aDyingVersion('2.0.0')])
  const state = join(folder, 'controller', 'lab-1', 'packages', 'webmacs-plugin-weather', 'state.json')
  await until(
    'the second one is tried',
    async () => JSON.parse(await readFile(state, 'utf8')).previous !== null,
    PATIENCE,
  )
  await first.stop()
  await site.startController()
  await until('it is rolled back', async () => (await told(site))?.problem?.includes('2.0.0'), PATIENCE)
  const seen = site.valuesOf(weather, 'reading').length
  await until('it reads again', () => site.valuesOf(weather, 'reading').length > seen, PATIENCE)
  expect(JSON.parse(await readFile(state, 'utf8'))).toMatchObject({
    current: { version: '1.0.0' },
    previous: null,
    refused: { version: '2.0.0' },
  })
}, 90_000)
