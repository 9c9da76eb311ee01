import { openBucket, request } from '@webmacs/bus'
import {
  CommandReport,
  controllerKeys,
  type DesiredInstance,
  formatTime,
  newId,
  nowMicros,
  ReportedInstance,
} from '@webmacs/contracts'
import { until } from '@webmacs/testing'
import { expect, test } from 'vitest'
import { aDesired, eventOf, type Site, type SiteOptions, startSite } from './testing/site.ts'

/** Plugins fail on purpose here; what the controller says about it is not what a failing test needs. */
const QUIET: SiteOptions = { environment: { LOG_LEVEL: 'fatal' } }

/** A healthy instance beside a bad one; the bad one behaves until its third read. */
async function aPair(site: Site, fault: string) {
  const healthy = await site.want({ name: 'Healthy', interval_ms: 50 })
  const bad = await site.want({ name: 'Bad', config: { fault, after: 3 } })
  const controller = await site.startController()
  await site.untilCounted(healthy, 1)
  return { controller, healthy, bad }
}

/** All inputs of the bench, with the one that it sends by itself. */
const WITH_TICKER: DesiredInstance['channels'] = [
  ...aDesired().channels,
  { channel: 'ticker', event: newId('evt'), direction: 'input', settings: {} },
]

/** Faults last longer than this; a machine that is busy with other tests does not keep a process waiting for so long. */
const DISTURBED_MS = 1000

/** The healthy instance counts its reads: one that was repeated or lost would show, and one that had to wait for the other's fault. */
function expectUndisturbed(site: Site, healthy: DesiredInstance): void {
  const counted = site.valuesOf(healthy, 'counter')
  expect(counted).toEqual(counted.map((_, index) => index + 1))
  const event = eventOf(healthy, 'counter')
  const times = site.received.flatMap(({ frame }) => (event in frame.values ? [Date.parse(frame.time)] : []))
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
  gaps.sort((a, b) => a - b)
  expect(gaps.at(-1), 'the longest gap').toBeLessThan(DISTURBED_MS)
  expect(gaps[Math.floor(gaps.length / 2)], 'the median gap').toBeLessThanOrEqual(60)
}

const restartsOf = async (site: Site, instance: DesiredInstance) => (await site.reported(instance))?.restarts ?? 0

test.each([
  ['exit', "The plugin's process ended with code 7"],
  ['hang', "The plugin's process gave no sign of life for 1500 ms"],
  ['reject-later', "The plugin's process failed: nobody waits for this"],
  ['flood-messages', "The plugin's process sent more than 1000 messages in a second"],
  ['leak', "The plugin's process uses"],
])('starts a plugin again, and it alone, that does this: %s', { timeout: 40_000 }, async (fault, message) => {
  await using site = await startSite(QUIET)
  const { controller, healthy, bad } = await aPair(site, fault)
  const healthyPid = controller.pluginPids().get(healthy.instance)
  await until('the failure is reported', async () => (await site.reported(bad))?.error_message?.startsWith(message))
  expect((await site.reported(bad))?.status).toBe('error')
  await until('it is restarted twice', async () => (await restartsOf(site, bad)) >= 2, { timeoutMs: 25_000 })
  expect(new Set(site.valuesOf(bad, 'process')).size).toBeGreaterThanOrEqual(2)
  expect(controller.pluginPids().get(healthy.instance)).toBe(healthyPid)
  expectUndisturbed(site, healthy)
})

test.each([
  ['throw', 'undefined is not a function'],
  ['lose', 'cable pulled'],
  ['hang-forever', 'read took longer than 500 ms'],
  ['nothing', 'the driver did not answer with an object of channels'],
])('marks readings bad and says why while a driver does this: %s', async (fault, message) => {
  await using site = await startSite(QUIET)
  const { healthy, bad } = await aPair(site, fault)
  await until('a bad reading', () => site.valuesOf(bad, 'counter').includes(null))
  const frame = site.received.map((one) => one.frame).find(({ values }) => values[eventOf(bad, 'counter')] === null)
  expect(frame?.quality?.[eventOf(bad, 'counter')]).toEqual(['bad', 'sensor_fault'])
  await until('the reason is reported', async () => (await site.reported(bad))?.error_message === message)
  expectUndisturbed(site, healthy)
})

test('connects a lost device anew, without another process', async () => {
  await using site = await startSite(QUIET)
  const bad = await site.want({ config: { fault: 'lose', after: 3 } })
  await site.startController()
  await until(
    'it was connected anew',
    () => site.valuesOf(bad, 'counter').filter((value) => value === null).length >= 2,
  )
  expect(await restartsOf(site, bad)).toBe(0)
})

test.each(['not-a-number', 'text'])('never lets a value through that is no number: %s', async (fault) => {
  await using site = await startSite(QUIET)
  const { healthy, bad } = await aPair(site, fault)
  await until('bad readings', () => site.valuesOf(bad, 'process').filter((value) => value === null).length >= 3)
  expect(site.valuesOf(bad, 'counter').slice(0, 4)).toEqual([1, 2, 3, null])
  expect(await restartsOf(site, bad)).toBe(0)
  expectUndisturbed(site, healthy)
})

test.each(['flood-log', 'flood-output', 'flood-channels'])('bears a driver that does this: %s', async (fault) => {
  await using site = await startSite(QUIET)
  const { healthy, bad } = await aPair(site, fault)
  await until('it goes on', () => site.valuesOf(bad, 'counter').length >= 4 || fault === 'flood-channels')
  await site.untilCounted(healthy, 20)
  expect(await restartsOf(site, bad)).toBe(0)
  expectUndisturbed(site, healthy)
})

/** What the controller, which is this process here, may hold more than before: far less than what floods it. */
const MEMORY_BYTES = 150 * 1024 ** 2

function memoryBytes(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

test('keeps its memory, its status and the timing of others while a device pushes at 100 kHz', {
  timeout: 60_000,
}, async () => {
  await using site = await startSite(QUIET)
  const healthy = await site.want({ name: 'Healthy', interval_ms: 50 })
  const bad = await site.want({ name: 'Bad', config: { fault: 'flood-push', after: 3 }, channels: WITH_TICKER })
  await site.startController()
  await site.untilCounted(healthy, 1)
  const before = memoryBytes()
  await until('it floods', () => site.valuesOf(bad, 'ticker').length > 0)
  await site.untilCounted(healthy, 40)
  // what the test itself keeps of the frames is counted as well
  expect(memoryBytes() - before).toBeLessThan(MEMORY_BYTES)
  expect(['connected', 'error']).toContain((await site.reported(bad))?.status)
  expect((await site.reported(healthy))?.status).toBe('connected')
  expectUndisturbed(site, healthy)
})

test('marks what a device pushes that is no number, and drops what is no channel', async () => {
  await using site = await startSite(QUIET)
  const bad = await site.want({ config: { fault: 'push-nonsense', after: 3 }, channels: WITH_TICKER })
  await site.startController()
  await until('bad readings', () => site.valuesOf(bad, 'ticker').length >= 3)
  expect(new Set(site.valuesOf(bad, 'ticker'))).toEqual(new Set([null]))
  expect(await restartsOf(site, bad)).toBe(0)
})

test('tells the truth of a device that is lost 10,000 times a second, but not each time', async () => {
  await using site = await startSite(QUIET)
  const { healthy, bad } = await aPair(site, 'flap')
  const bucket = await openBucket(site.bus, site.bus.names.buckets.controllers, ReportedInstance)
  await until('it is lost', async () => (await site.reported(bad))?.error_message?.startsWith('loose contact'))
  const watching = new AbortController()
  let told = 0
  const counting = (async () => {
    const changes = bucket.watch(controllerKeys.reported('lab-1', bad.instance), { signal: watching.signal })
    for await (const _ of changes) told += 1
  })()
  await site.untilCounted(healthy, 40)
  watching.abort()
  await counting
  expect(told).toBeLessThan(200)
  expect(await restartsOf(site, bad)).toBe(0)
  expectUndisturbed(site, healthy)
})

test('lets a write that hangs fail, and goes on reading', { timeout: 40_000 }, async () => {
  await using site = await startSite(QUIET)
  const healthy = await site.want({ name: 'Healthy', interval_ms: 50 })
  const valve = { channel: 'valve', event: newId('evt'), direction: 'output', settings: {} } as const
  const bad = await site.want({
    name: 'Bad',
    config: { fault: 'hang-write', after: 1e6 },
    channels: [...aDesired().channels, valve],
  })
  await site.startController()
  await until('it is connected', async () => (await site.reported(bad))?.status === 'connected')
  const now = nowMicros()
  const report = await request(
    site.bus,
    site.bus.names.subjects.commands('lab-1'),
    {
      ...{ id: newId('cmd'), instance: bad.instance, channel: 'valve', event: valve.event, value: 50 },
      requested_by: { kind: 'user', id: newId('usr'), name: 'Ada' },
      ...{ requested_on: formatTime(now), expires_at: formatTime(now + 10_000_000), answer_within_ms: 15_000 },
    },
    CommandReport,
    { timeoutMs: 20_000 },
  )
  expect(report.state).not.toBe('confirmed')
  expect(report.detail).not.toBeNull()
  await site.untilCounted(healthy, 5)
  expectUndisturbed(site, healthy)
})

test('starts a process again that somebody killed', async () => {
  await using site = await startSite(QUIET)
  const bench = await site.want()
  const controller = await site.startController()
  await site.untilCounted(bench, 2)
  const pid = controller.pluginPids().get(bench.instance)
  if (pid === undefined) throw new Error('no process')
  process.kill(pid, 'SIGKILL')
  await until('its values are taken back', () => site.endsOf(bench).length === 1)
  await until('another process', () => new Set(site.valuesOf(bench, 'process')).size === 2)
  await until('it is connected again', async () => (await site.reported(bench))?.status === 'connected')
  expect(await restartsOf(site, bench)).toBe(1)
})

test('tries to reach a device again and again', async () => {
  await using site = await startSite(QUIET)
  const bench = await site.want({ config: { fault: 'unreachable' } })
  const controller = await site.startController()
  await until('it is reported', async () => (await site.reported(bench))?.error_message === 'no route to the bench')
  expect((await site.reported(bench))?.channels).toHaveLength(6)
  expect(controller.pluginPids().has(bench.instance)).toBe(true)
  expect(site.received).toEqual([])
})
