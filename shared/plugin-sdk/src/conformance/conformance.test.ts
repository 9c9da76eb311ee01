import { describe, expect, test } from 'vitest'
import type { ChannelDefinition } from '../channel.ts'
import { NO_CONFIG, type PluginDefinition } from '../definition.ts'
import { ConnectionError } from '../errors.ts'
import { aBench, aDriver, BENCH_CHANNELS, type Bench } from '../test-drivers.fixture.ts'
import { definitionChecks, describeConformance, deviceChecks, runConformance } from './conformance.ts'

describe('a good driver', () => describeConformance(aDriver(), test, { device: {} }))

test('has a name of its own for each check', () => {
  const names = [...definitionChecks, ...deviceChecks].map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(names.length).toBeGreaterThanOrEqual(13)
})

const good = aDriver()
const withChannels = (...channels: object[]): PluginDefinition => aDriver(aBench(), channels as ChannelDefinition[]) // or what JavaScript says
const [input] = BENCH_CHANNELS

const badDrivers: [string, PluginDefinition][] = [
  ['is made with definePlugin', { ...good, sdkApi: 99 }],
  ['has an id, a name and a version', { ...good, meta: { ...good.meta, version: '' } }],
  ['has an id in lower case without spaces', { ...good, meta: { ...good.meta, id: 'My Bench' } }],
  ['has a semantic version', { ...good, meta: { ...good.meta, version: 'first' } }],
  ['has a schema that is plain JSON', { ...good, configSchema: { ...NO_CONFIG, default: () => 1 } }],
  ['has defaults that are a configuration', { ...good, configSchema: { ...NO_CONFIG, required: ['host'] } }],
  ['explains each field of its configuration', { ...good, configSchema: { properties: { host: { type: 'string' } } } }],
  ['has at least one channel', withChannels()],
  ['gives each channel a known direction', withChannels({ ...input, direction: 'sideways' })],
  ['gives each channel an id of its own', withChannels({ ...input }, { ...input })],
  ['gives each channel a unit', withChannels({ ...input, unit: '' })],
  ['has channels that an instance can have', withChannels({ ...input, minValue: 1, maxValue: 0 })],
  ['has the same channels whenever it is asked', { ...good, channels: () => [aChannelOfItsOwn()] }],
  ['connects and disconnects in demo mode', throwingFrom('connect')],
  ['can be disconnected twice in demo mode', throwingFrom('disconnect')],
  ['connects again after it was disconnected in demo mode', throwingFrom('read')],
  ['reads every input in demo mode', answering('read', [])],
  ['sets every output, near 0 in demo mode', throwingFrom('write')],
  ['refuses to set inputs in demo mode', answering('write', { written: 0 })],
  ['refuses values that are no numbers in demo mode', answering('write', { written: 0 })],
  ['refuses channels that it does not have in demo mode', answering('read', [])],
  ['does nothing before it is connected in demo mode', answering('read', [])],
  ['sets its outputs to their safe values in demo mode', throwingFrom('applySafeState')],
]

const badDevices: [string, Partial<Bench>][] = [
  ['connects and disconnects with its device', { connect: () => Promise.reject(new Error('no')) }],
  ['reads every input with its device', { read: () => Promise.resolve({}) }],
  ['sets every output, near 0 with its device', { write: () => Promise.resolve(7000) }],
  ['sets its outputs to their safe values with its device', { write: () => Promise.reject(new Error('no')) }],
]

test.each(badDrivers)('finds a driver out that breaks "%s"', async (name, driver) => {
  const failed = (await runConformance(driver)).filter(({ failure }) => failure !== undefined)
  expect(failed.map((result) => result.name)).toContain(name)
})

test.each(badDevices)('finds a driver out whose device breaks "%s"', async (name, bench) => {
  const results = await runConformance(aDriver(aBench(bench)), { device: () => ({}) })
  const failed = results.filter(({ failure }) => failure !== undefined).map((result) => result.name)
  expect(failed).toContain(name)
  expect(failed.filter((one) => one.endsWith(' in demo mode'))).toEqual([])
})

test('wants to hear from a driver that its device is not there', async () => {
  const silent = await runConformance(good, { unreachable: {} })
  expect(silent.at(-1)?.failure).toBe('it says nothing, not ConnectionError')
  const honest = aDriver(aBench({ connect: () => Promise.reject(new ConnectionError('no route')) }))
  expect((await runConformance(honest, { unreachable: {} })).at(-1)?.failure).toBeUndefined()
})

let channels = 0
const aChannelOfItsOwn = (): ChannelDefinition => ({
  id: `channel-${++channels}`,
  name: 'Channel',
  direction: 'input',
  unit: '1',
})

/** A driver that overrides what it should leave to the SDK. */
function throwingFrom(method: 'connect' | 'disconnect' | 'read' | 'write' | 'applySafeState'): PluginDefinition {
  return {
    ...good,
    create: (context) => {
      const device = good.create(context)
      return Object.assign(device, { [method]: () => Promise.reject(new Error(`${method} is broken`)) })
    },
  }
}

function answering(method: 'read' | 'write', answer: unknown): PluginDefinition {
  return { ...good, create: (context) => Object.assign(good.create(context), { [method]: async () => answer }) }
}
