import { openBucket } from '@webmacs/bus'
import { ControllerPulse, controllerKeys, type DesiredInstance, newId } from '@webmacs/contracts'
import { until } from '@webmacs/testing'
import { expect, test } from 'vitest'
import { BROKEN_PLUGINS, eventOf, type Site, startSite, TEST_PLUGINS } from './testing/site.ts'

const statusOf = (site: Site, instance: DesiredInstance) => async () => (await site.reported(instance))?.status

test('says which plugins it can run, and leaves out those that cannot be loaded', async () => {
  const folders = JSON.stringify([BROKEN_PLUGINS, TEST_PLUGINS])
  await using site = await startSite({ environment: { LOG_LEVEL: 'fatal', PLUGIN_FOLDERS: folders } })
  await site.startController()
  const inventory = await site.inventory()
  expect(inventory?.plugins.map(({ id }) => id)).toEqual(['bench'])
  expect(inventory?.plugins[0]).toMatchObject({
    name: 'Test Bench',
    version: '1.0.0',
    config_schema: { type: 'object', properties: { after: { type: 'integer', default: 3 } } },
    channels: [
      { id: 'counter', direction: 'input', unit: '1', min_value: 0, max_value: 1e9 },
      { id: 'process' },
      { id: 'valve', direction: 'output', unit: '%', max_value: 100 },
      { id: 'pump', readback: true },
      { id: 'lamp', data_type: 'bool' },
      { id: 'ticker' },
    ],
  })
})

test('gives a sign of life, and takes it back when it stops', async () => {
  await using site = await startSite()
  const pulses = await openBucket(site.bus, site.bus.names.buckets.controllers, ControllerPulse)
  const controller = await site.startController()
  await until('it lives', async () => (await pulses.get(controllerKeys.alive('lab-1'))) !== undefined)
  await controller.stop()
  expect(await pulses.get(controllerKeys.alive('lab-1'))).toBeUndefined()
})

test('runs what is wanted at its start and what is wanted later, and numbers all frames in one order', async () => {
  await using site = await startSite()
  const first = await site.want()
  await site.startController()
  const second = await site.want({ name: 'Second' })
  await site.untilCounted(first, 5)
  await site.untilCounted(second, 5)
  const frames = site.received.map(({ frame }) => frame)
  expect(frames.map(({ seq }) => seq)).toEqual(frames.map((_, index) => index + 1))
  expect(new Set(frames.map(({ source, epoch }) => `${source} ${epoch}`)).size).toBe(1)
  expect(await site.reported(first)).toMatchObject({ status: 'connected', error_message: null, restarts: 0 })
})

test('samples on the grid of its interval, without missing a tick', async () => {
  await using site = await startSite()
  const bench = await site.want({ interval_ms: 50 })
  await site.startController()
  await site.untilCounted(bench, 40)
  expect(site.valuesOf(bench, 'counter')).toEqual(site.valuesOf(bench, 'counter').map((_, index) => index + 1))
  const lateness = site.received.map(({ frame }) => Number(frame.time.slice(20, 26).padEnd(6, '0')) % 50_000)
  expect(lateness.sort((a, b) => a - b)[Math.floor(lateness.length / 2)]).toBeLessThan(20_000)
})

test('reports demo, and marks what it made up', async () => {
  await using site = await startSite()
  const bench = await site.want({ demo_mode: true })
  await site.startController()
  await site.untilCounted(bench, 1)
  await until('demo is reported', async () => (await site.reported(bench))?.status === 'demo')
  expect(site.received[0]?.frame.quality?.[eventOf(bench, 'counter')]).toEqual(['simulated'])
})

test('makes outputs safe before it reads anything, and says nothing of unmapped channels', async () => {
  await using site = await startSite()
  const bench = await site.want({
    channels: [
      { channel: 'counter', event: newId('evt'), direction: 'input', settings: {} },
      { channel: 'valve', event: newId('evt'), direction: 'output', settings: {} },
      { channel: 'ghost', event: newId('evt'), direction: 'input', settings: {} },
    ],
  })
  await site.startController()
  await site.untilCounted(bench, 3)
  const [first, ...others] = site.received.map(({ frame }) => frame.values)
  expect(first).toEqual({ [eventOf(bench, 'valve')]: 5 })
  for (const values of others)
    expect(values).toEqual({ [eventOf(bench, 'counter')]: expect.any(Number), [eventOf(bench, 'valve')]: 5 })
})

test("keeps sampling when hundreds of channels of others' devices are mapped to it, and leaves their values alone", async () => {
  await using site = await startSite()
  const bench = await site.want()
  const controller = await site.startController()
  await site.untilCounted(bench, 2)
  const pid = controller.pluginPids().get(bench.instance)
  const others = Array.from({ length: 250 }, (_, number) => ({
    ...{ channel: `loadtest_${number}`, event: newId('evt'), direction: 'input' as const, settings: {} },
  }))
  for (const count of [1, 100, 250])
    await site.want({ ...bench, channels: [...bench.channels, ...others.slice(0, count)] })
  await site.untilCounted(bench, 5)
  expect(await site.reported(bench)).toMatchObject({ status: 'connected', error_message: null, restarts: 0 })
  expect(controller.pluginPids().get(bench.instance)).toBe(pid)
  const counted = site.valuesOf(bench, 'counter')
  expect(counted).toEqual(counted.map((_, index) => index + 1))
  await controller.stop()
  await until('its own values are taken back', () => site.endsOf(bench).length === 1)
  const own = new Set<string>(bench.channels.map(({ event }) => event ?? ''))
  for (const { frame } of site.received) expect(Object.keys(frame.values).every((event) => own.has(event))).toBe(true)
})

test('follows changes within two seconds, and leaves other instances alone', async () => {
  await using site = await startSite()
  const other = await site.want({ name: 'Other' })
  let bench = await site.want()
  const controller = await site.startController()
  await site.untilCounted(bench, 2)
  const otherPid = controller.pluginPids().get(other.instance)
  const within2s = { timeoutMs: 2000 }

  const mapped = newId('evt')
  const before = bench
  bench = await site.want({
    ...bench,
    channels: [{ channel: 'counter', event: mapped, direction: 'input', settings: {} }],
  })
  await until('the new mapping is used', () => site.valuesOf(bench, 'counter').length > 0, within2s)
  await until('the value of the event before is taken back', () => site.endsOf(before).length === 1, within2s)
  expect(new Set(site.received.map(({ frame }) => frame.epoch)).size).toBe(1)

  bench = await site.want({ ...bench, demo_mode: true, name: 'Renamed' })
  await until('demo mode', async () => (await statusOf(site, bench)()) === 'demo', within2s)

  bench = await site.want({ ...bench, demo_mode: false, config: { fault: 'unreachable' } })
  await until('the new configuration is used', async () => (await statusOf(site, bench)()) === 'error', within2s)
  expect((await site.reported(bench))?.error_message).toBe('no route to the bench')

  bench = await site.want({ ...bench, enabled: false, config: {} })
  await until('it is disabled', async () => (await statusOf(site, bench)()) === 'inactive', within2s)
  await until('its process is gone', () => !controller.pluginPids().has(bench.instance), within2s)

  bench = await site.want({ ...bench, enabled: true })
  await until('it is enabled', async () => (await statusOf(site, bench)()) === 'connected', within2s)

  await site.unwant(bench)
  await until('it is removed', async () => (await site.reported(bench)) === undefined, within2s)

  expect(controller.pluginPids()).toEqual(new Map([[other.instance, otherPid]]))
  const counted = site.valuesOf(other, 'counter')
  expect(counted).toEqual(counted.map((_, index) => index + 1))
})

test('takes the last values back when an instance ends, once, but not those of outputs', async () => {
  await using site = await startSite()
  const valve = newId('evt')
  const bench = await site.want({
    channels: [
      { channel: 'counter', event: newId('evt'), direction: 'input', settings: {} },
      { channel: 'valve', event: valve, direction: 'output', settings: {} },
    ],
  })
  const controller = await site.startController()
  await site.untilCounted(bench, 2)
  await site.want({ ...bench, enabled: false })
  await until('its values are taken back', () => site.endsOf(bench).length === 1)
  const event = eventOf(bench, 'counter')
  expect(site.endsOf(bench)[0]).toMatchObject({ values: { [event]: null }, quality: { [event]: ['bad', 'stale'] } })
  expect(site.endsOf(bench)[0]?.values).not.toHaveProperty(valve)
  await site.want(bench)
  await site.untilCounted(bench, 1)
  await controller.stop()
  await until('they are again', () => site.endsOf(bench).length === 2)
  expect(site.received.at(-1)?.frame).toEqual(site.endsOf(bench)[1])
})

test('reports what cannot be started, and why', async () => {
  await using site = await startSite()
  await site.startController()
  const unknown = await site.want({ plugin: 'modbus' })
  const misconfigured = await site.want({ config: { after: 'soon' } })
  await until('both are reported', async () => (await site.reported(unknown)) && (await site.reported(misconfigured)))
  expect(await site.reported(unknown)).toMatchObject({
    status: 'error',
    error_message: 'This controller has no plugin "modbus"',
  })
  expect(await site.reported(misconfigured)).toMatchObject({
    status: 'error',
    error_message: 'The configuration is not usable: config.after must be integer',
  })
})

test('forgets instances that were removed while it was away, and tells of all when it stops', async () => {
  await using site = await startSite()
  const kept = await site.want()
  const removed = await site.want()
  const first = await site.startController()
  await until('both run', () => first.pluginPids().size === 2)
  await until('both are reported', async () => (await site.reported(kept)) && (await site.reported(removed)))
  await first.stop()
  expect((await site.reported(kept))?.status).toBe('inactive')
  await site.unwant(removed)
  await site.startController()
  expect(await site.reported(removed)).toBeUndefined()
})
