import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createLogger } from '@webmacs/service-kit'
import { until } from '@webmacs/testing'
import { expect, test } from 'vitest'
import { HostProcess } from '../supervision/host-process.ts'
import type { ChannelPlan, ControllerMessage, HostMessage, LogMessage, StartRequest } from './messages.ts'

const BENCH = fileURLToPath(new URL('../testing/plugins/bench/src/index.ts', import.meta.url))
const DEADLINES = { connectMs: 2000, readMs: 1000, stopMs: 1000 }
const CONFIG = { fault: 'none', after: 3, record: '', pushMs: 0, watchdogMs: 0 }

type Said = Exclude<HostMessage, LogMessage>

/** The process of a bench as the controller runs it, all messages checked on their way; and what was done to the device. */
async function aProcess(config: Partial<typeof CONFIG> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'webmacs-host-'))
  const record = join(folder, 'record')
  const said: Said[] = []
  const problems: string[] = []
  const quiet = createLogger({ service: 'controller', level: 'fatal' })
  const log = Object.assign(quiet, { warn: (facts: { event: string }) => void problems.push(facts.event) })
  const host = new HostProcess({
    settings: {
      ...{ controller: 'lab-1', startTimeoutMs: 20_000, heartbeatTimeoutMs: 10_000, stopTimeoutMs: 3000 },
      ...{ memoryBytes: 256 * 1024 ** 2, heapMb: 128, environment: { PATH: process.env.PATH ?? '' } },
    },
    log,
    onMessage: (message) => void said.push(message),
  })
  return {
    host,
    said,
    problems,
    send: (message: ControllerMessage) => host.send(message),
    config: { ...CONFIG, record, ...config },
    done: async () => (await readFile(record, 'utf8')).trim().split('\n'),
    /** The first message that is like this. */
    untilSaid: async <Type extends Said['type']>(
      type: Type,
      isMeant: (message: Extract<Said, { type: Type }>) => boolean = () => true,
    ): Promise<Extract<Said, { type: Type }>> => {
      const isOne = (message: Said): message is Extract<Said, { type: Type }> => message.type === type
      const find = () => said.filter(isOne).find(isMeant)
      await until(type, () => find() !== undefined, { timeoutMs: 20_000 })
      const found = find()
      if (found === undefined) throw new Error('it was there')
      return found
    },
    [Symbol.asyncDispose]: async () => {
      host.kill('the test ends')
      await host.ended
      await rm(folder, { recursive: true })
    },
  }
}

const mapped = (channel: string, changes: Partial<ChannelPlan> = {}): ChannelPlan => ({
  ...{ channel, isMapped: true, intervalMs: undefined, deadband: undefined, maxSilenceMs: undefined },
  ...{ calibration: undefined, output: undefined, ...changes },
})

const aStart = (
  config: unknown,
  channels: readonly ChannelPlan[],
  changes: Partial<StartRequest> = {},
): StartRequest => ({
  ...{ type: 'start', plugin: 'bench', module: BENCH, instanceName: 'Bench', demoMode: false, config },
  ...{ plan: { intervalMs: 100, channels }, deadlines: DEADLINES, setpoints: {}, ...changes },
})

const aWrite = (command: string, channel: string, value: number, withinMs = 5000): ControllerMessage => ({
  ...{ type: 'write', command, channel, value },
  deadline: (Date.now() + withinMs) * 1000,
})

test('writes outputs and says what the device makes of it', { timeout: 60_000 }, async () => {
  await using bench = await aProcess()
  bench.send(aStart(bench.config, [mapped('counter'), mapped('valve'), mapped('pump')]))
  await bench.untilSaid('state', ({ state }) => state === 'connected')
  bench.send(aWrite('answered', 'valve', 30))
  bench.send(aWrite('asked', 'pump', 40))
  bench.send(aWrite('silent', 'lamp', 1))
  bench.send(aWrite('late', 'lamp', 0, -1))
  bench.send(aWrite('ghostly', 'ghost', 0))
  expect(await bench.untilSaid('written', ({ command }) => command === 'answered')).toMatchObject({
    previous: 5,
    written: 30,
    clamped: false,
  })
  const verdicts = await Promise.all(
    ['answered', 'asked', 'silent'].map((id) => bench.untilSaid('verified', ({ command }) => command === id)),
  )
  expect(verdicts.map(({ state, readback }) => [state, readback])).toEqual([
    ['confirmed', 30],
    ['confirmed', 40],
    ['unverified', null],
  ])
  const refused = [await bench.untilSaid('write-failed', ({ command }) => command === 'late')]
  refused.push(await bench.untilSaid('write-failed', ({ command }) => command === 'ghostly'))
  expect(refused.map(({ reason }) => reason)).toEqual(['expired', 'failed'])
  await bench.untilSaid('sample', ({ instants }) =>
    instants.some(({ readings }) => readings.some(({ channel, value }) => channel === 'pump' && value === 40)),
  )
  // Several outputs were written at the same time: in which order is the driver's affair.
  expect((await bench.done()).toSorted()).toEqual(['connected', 'lamp=1', 'pump=40', 'valve=30', 'valve=5'])
  bench.send({ type: 'safe', reason: 'no contact', channels: undefined })
  const { applied } = await bench.untilSaid('made-safe', ({ reason }) => reason === 'no contact')
  expect(applied).toEqual([{ channel: 'valve', value: 5 }])
  expect(bench.problems).toEqual([])
})

test.each([
  ['lie', 'valve', 'mismatch', 50],
  ['lie', 'pump', 'mismatch', 0],
  ['slow-write', 'valve', 'confirmed', 30],
])('tells a device that does this: %s, at %s', { timeout: 60_000 }, async (fault, channel, state, readback) => {
  await using bench = await aProcess({ fault })
  const output = { verify_within_ms: 400 }
  bench.send(aStart(bench.config, [mapped(channel, { output })]))
  await bench.untilSaid('state', (message) => message.state === 'connected')
  bench.send(aWrite('c', channel, 30))
  expect(await bench.untilSaid('verified')).toMatchObject({ state, readback })
})

test('says so when a driver refuses a value, or does not end a write', { timeout: 60_000 }, async () => {
  await using refusing = await aProcess({ fault: 'refuse-write' })
  refusing.send(aStart(refusing.config, []))
  await refusing.untilSaid('state', ({ state }) => state === 'connected')
  refusing.send(aWrite('c', 'lamp', 1))
  expect(await refusing.untilSaid('write-failed')).toMatchObject({ reason: 'failed', message: 'illegal data address' })
  await using hanging = await aProcess({ fault: 'hang-write' })
  hanging.send(aStart(hanging.config, [mapped('valve', { output: { on_start: 'hold' } })]))
  await hanging.untilSaid('state', ({ state }) => state === 'connected')
  hanging.send(aWrite('c', 'valve', 1))
  expect(await hanging.untilSaid('write-failed')).toMatchObject({ message: 'write took longer than 1000 ms' })
})

test('makes outputs safe at the end, and says so before it ends', { timeout: 60_000 }, async () => {
  await using bench = await aProcess({ fault: 'reject-later', after: 2 })
  bench.send(aStart(bench.config, [mapped('counter'), mapped('pump', { output: { safe_value: 7, on_start: 'hold' } })]))
  expect(await bench.host.ended).toBe('failed: nobody waits for this')
  expect(bench.said.filter(({ type }) => type === 'made-safe').at(-1)).toMatchObject({
    reason: 'the instance ends',
    applied: [
      { channel: 'valve', value: 5 },
      { channel: 'pump', value: 7 },
    ],
  })
  expect((await bench.done()).slice(-3)).toEqual(['valve=5', 'pump=7', 'disconnected'])
})

test('takes what a device sends by itself, feeds its watchdog, and shows all channels', {
  timeout: 60_000,
}, async () => {
  await using bench = await aProcess({ pushMs: 20, watchdogMs: 150 })
  bench.send(aStart(bench.config, [mapped('ticker')]))
  await bench.untilSaid('sample', ({ instants }) =>
    instants.some(({ readings }) => readings.some(({ value }) => (value ?? 0) >= 20)),
  )
  const ticks = bench.said
    .flatMap((message) => (message.type === 'sample' ? message.instants : []))
    .flatMap(({ readings }) => readings.map(({ value }) => value))
  expect(ticks).toEqual(ticks.map((_, index) => (ticks[0] ?? 0) + index))
  bench.send({ type: 'look', look: 3 })
  const { look, values } = await bench.untilSaid('values')
  expect([look, values.map(({ channel }) => channel)]).toEqual([
    3,
    ['counter', 'process', 'valve', 'pump', 'lamp', 'ticker'],
  ])
  expect(values.filter(({ value }) => value === null).map(({ channel }) => channel)).toEqual(['lamp'])
  expect((await bench.done()).filter((line) => line === 'fed').length).toBeGreaterThanOrEqual(3)
})

test('probes a device: reads every channel once and writes nothing', { timeout: 60_000 }, async () => {
  await using bench = await aProcess({ pushMs: 20 })
  bench.send({
    ...{ type: 'probe', plugin: 'bench', module: BENCH, demoMode: false },
    ...{ config: bench.config, deadlines: DEADLINES },
  })
  const probed = await bench.untilSaid('probed')
  expect(probed).toMatchObject({ ok: true, message: null })
  expect(probed.channels).toHaveLength(6)
  expect(probed.readings.map(({ channel }) => channel)).toEqual(['counter', 'process', 'pump', 'ticker'])
  expect(await bench.host.ended).toBe('ended with code 0')
  expect(await bench.done()).toEqual(['connected', 'disconnected'])
})

test('says why a device cannot be probed', { timeout: 60_000 }, async () => {
  await using bench = await aProcess({ fault: 'unreachable' })
  bench.send({
    ...{ type: 'probe', plugin: 'bench', module: BENCH, demoMode: false },
    ...{ config: bench.config, deadlines: DEADLINES },
  })
  expect(await bench.untilSaid('probed')).toMatchObject({ ok: false, message: 'no route to the bench', readings: [] })
})

test('describes a driver under a configuration, or says why it is not usable', { timeout: 60_000 }, async () => {
  await using good = await aProcess()
  good.send({ type: 'describe', plugin: 'bench', module: BENCH, config: { fault: 'none' } })
  expect((await good.untilSaid('described')).description.channels).toHaveLength(6)
  await using bad = await aProcess()
  bad.send({ type: 'describe', plugin: 'bench', module: BENCH, config: { after: -1 } })
  expect((await bad.untilSaid('failed')).message).toBe('The configuration is not usable: config.after must be >= 0')
})
