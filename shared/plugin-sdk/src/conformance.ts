import { DIRECTIONS } from './channel.ts'
import { createConfigParser } from './config.ts'
import { createDevice } from './create-device.ts'
import { isPluginDefinition, type PluginDefinition } from './definition.ts'
import type { DevicePlugin } from './device-plugin.ts'

/** One thing that every driver must do. */
export interface ConformanceCheck {
  /** What the driver does, as a sentence. */
  readonly name: string
  /** Rejects with the reason when the driver does not. */
  run(definition: PluginDefinition): Promise<void>
}

export interface ConformanceResult {
  readonly name: string
  /** undefined: passed. */
  readonly failure: string | undefined
}

const DEADLINE_MS = 5000

/** The thirteen checks, all in demo mode and under the default configuration. */
export const conformanceChecks: readonly ConformanceCheck[] = [
  check('is made with definePlugin', async (definition) => {
    expect(isPluginDefinition(definition), 'the export `plugin` is not the result of definePlugin')
  }),
  check('has an id, a name and a version', async ({ meta }) => {
    for (const field of ['id', 'name', 'version'] as const)
      expect(typeof meta[field] === 'string' && meta[field].trim() !== '', `meta.${field} is empty`)
  }),
  check('has an id in lower case without spaces', async ({ meta }) => {
    expect(meta.id === meta.id.toLowerCase() && !/\s/.test(meta.id), `"${meta.id}" is not`)
  }),
  check('has at least one channel', async (definition) => {
    expect((await channelsOf(definition)).length > 0, 'it has none')
  }),
  check('gives each channel a known direction', async (definition) => {
    for (const { id, direction } of await channelsOf(definition))
      expect(DIRECTIONS.includes(direction), `channel "${id}" has the direction "${direction}"`)
  }),
  check('gives each channel an id of its own', async (definition) => {
    const ids = (await channelsOf(definition)).map(({ id }) => id)
    const twice = ids.filter((id, index) => ids.indexOf(id) !== index)
    expect(twice.length === 0, `used more than once: ${twice.join(', ')}`)
  }),
  check('gives each channel a unit', async (definition) => {
    for (const { id, unit } of await channelsOf(definition))
      expect(typeof unit === 'string' && unit !== '', `channel "${id}" has none`)
  }),
  deviceCheck('connects and disconnects', async (device, signal) => {
    expectState(device, 'configured')
    await device.connect(signal)
    expectState(device, 'connected')
    await device.disconnect(signal)
    expectState(device, 'disconnected')
  }),
  deviceCheck('can be disconnected twice', async (device, signal) => {
    await device.connect(signal)
    await device.disconnect(signal)
    await device.disconnect(signal)
    expectState(device, 'disconnected')
  }),
  deviceCheck('reads a value for every input in demo mode', async (device, signal) => {
    await device.connect(signal)
    const inputs = device.channels.filter(({ direction }) => direction !== 'output').map(({ id }) => id)
    const readings = new Map((await device.read(inputs, signal)).map((reading) => [reading.channel, reading.value]))
    for (const id of inputs) expect(Number.isFinite(readings.get(id)), `channel "${id}" has no value`)
  }),
  deviceCheck('accepts 0 for every output in demo mode', async (device, signal) => {
    await device.connect(signal)
    for (const { id, direction } of device.channels) if (direction !== 'input') await device.write(id, 0, signal)
  }),
  deviceCheck('sets its outputs to their safe values', async (device, signal) => {
    await device.connect(signal)
    const { failed } = await device.applySafeState(signal)
    expect(failed.length === 0, failed.map(({ channel, err }) => `channel "${channel}": ${String(err)}`).join('; '))
  }),
  deviceCheck('is healthy while connected', async (device, signal) => {
    await device.connect(signal)
    const { healthy, lastError } = device.health
    expect(healthy, `it is not: ${lastError ?? 'no reason given'}`)
  }),
]

/** Runs all checks. Never rejects: what failed stands in the result. */
export async function runConformance(definition: PluginDefinition): Promise<readonly ConformanceResult[]> {
  const results: ConformanceResult[] = []
  for (const { name, run } of conformanceChecks) {
    try {
      await run(definition)
      results.push({ name, failure: undefined })
    } catch (err) {
      results.push({ name, failure: err instanceof Error ? err.message : String(err) })
    }
  }
  return results
}

/** Makes each check a test of its own: `describeConformance(plugin, test)` with the `test` of vitest, node:test or others alike. */
export function describeConformance(
  definition: PluginDefinition,
  test: (name: string, body: () => Promise<void>) => unknown,
): void {
  for (const { name, run } of conformanceChecks) test(name, () => run(definition))
}

function check(name: string, run: (definition: PluginDefinition) => Promise<void>): ConformanceCheck {
  return { name, run }
}

function deviceCheck(
  name: string,
  run: (device: DevicePlugin<unknown>, signal: AbortSignal) => Promise<void>,
): ConformanceCheck {
  return check(name, async (definition) => {
    const signal = AbortSignal.timeout(DEADLINE_MS)
    const options = { instanceName: 'Conformance', demoMode: true, config: defaultConfig(definition), signal }
    const device = await createDevice(definition, options)
    try {
      await run(device, signal)
    } finally {
      await device.disconnect(signal)
    }
  })
}

async function channelsOf(definition: PluginDefinition) {
  return definition.channels(defaultConfig(definition), { signal: AbortSignal.timeout(DEADLINE_MS) })
}

function defaultConfig(definition: PluginDefinition): unknown {
  const parsed = createConfigParser(definition.configSchema)({})
  if (!parsed.ok) throw new Error(`the schema's defaults are no configuration: ${parsed.problems.join('; ')}`)
  return parsed.config
}

function expect(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise)
}

function expectState(device: DevicePlugin<unknown>, state: DevicePlugin<unknown>['state']): void {
  expect(device.state === state, `the state is ${device.state} instead of ${state}`)
}
