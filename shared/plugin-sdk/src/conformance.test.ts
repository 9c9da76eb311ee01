import { describe, expect, test } from 'vitest'
import type { ChannelDefinition } from './channel.ts'
import { conformanceChecks, describeConformance, runConformance } from './conformance.ts'
import { NO_CONFIG, type PluginDefinition } from './definition.ts'
import { aBench, aDriver, BENCH_CHANNELS } from './test-drivers.fixture.ts'

describe('a good driver', () => describeConformance(aDriver(), test))

test('has the thirteen checks of the contract', () => {
  expect(conformanceChecks).toHaveLength(13)
})

const good = aDriver()
const withChannels = (...channels: object[]): PluginDefinition => aDriver(aBench(), channels as ChannelDefinition[]) // or what JavaScript says
const [input] = BENCH_CHANNELS

const badDrivers: [string, PluginDefinition][] = [
  ['is made with definePlugin', { ...good, sdkApi: 99 }],
  ['has an id, a name and a version', { ...good, meta: { ...good.meta, version: '' } }],
  ['has an id in lower case without spaces', { ...good, meta: { ...good.meta, id: 'My Bench' } }],
  ['has at least one channel', withChannels()],
  ['gives each channel a known direction', withChannels({ ...input, direction: 'sideways' })],
  ['gives each channel an id of its own', withChannels({ ...input }, { ...input })],
  ['gives each channel a unit', withChannels({ ...input, unit: '' })],
  ['connects and disconnects', throwingFrom('connect')],
  ['can be disconnected twice', throwingFrom('disconnect')],
  ['reads a value for every input in demo mode', throwingFrom('read')],
  ['accepts 0 for every output in demo mode', throwingFrom('write')],
  ['sets its outputs to their safe values', throwingFrom('applySafeState')],
  ['is healthy while connected', { ...good, configSchema: { ...NO_CONFIG, required: ['host'] } }],
]

test.each(badDrivers)('finds a driver out that breaks "%s"', async (name, driver) => {
  const failed = (await runConformance(driver)).filter(({ failure }) => failure !== undefined)
  expect(failed.map((result) => result.name)).toContain(name)
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
