import { createDevice } from '../create-device.ts'
import type { PluginDefinition } from '../definition.ts'
import { type ConformanceCheck, codeOfFailure, DEADLINE_MS, expect, parsedConfig, type Subject } from './check.ts'
import { definitionChecks } from './definition-checks.ts'
import { deviceChecks } from './device-checks.ts'

export interface ConformanceOptions {
  /**
   * Configuration of a device, or of a test peer that speaks its protocol: all checks of a device are run on it as well. A function is asked once
   * for each check, for peers that are not there yet when tests are declared. Its outputs are set to values near 0.
   */
  readonly device?: object | (() => unknown)
  /** Configuration of a device that is not there: connecting must fail and say so. */
  readonly unreachable?: object | (() => unknown)
  /** Inputs that not every device has: with its device they may be without a reading. */
  readonly optionalInputs?: readonly string[]
}

export interface ConformanceResult {
  readonly name: string
  /** undefined: passed. */
  readonly failure: string | undefined
}

interface NamedRun {
  readonly name: string
  readonly run: () => Promise<void>
}

/** Runs all checks. Never rejects: what failed stands in the result. */
export async function runConformance(
  definition: PluginDefinition,
  options: ConformanceOptions = {},
): Promise<readonly ConformanceResult[]> {
  const results: ConformanceResult[] = []
  for (const { name, run } of runsOf(definition, options)) {
    try {
      await run()
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
  options: ConformanceOptions = {},
): void {
  for (const { name, run } of runsOf(definition, options)) test(name, run)
}

function runsOf(
  definition: PluginDefinition,
  { device, unreachable, optionalInputs = [] }: ConformanceOptions,
): NamedRun[] {
  const configOf = (source: object | (() => unknown)): unknown => (typeof source === 'function' ? source() : source)
  const demo: Subject = { definition, config: undefined }
  const named = ({ name, run }: ConformanceCheck, suffix: string, subject: () => Subject): NamedRun => ({
    name: `${name}${suffix}`,
    run: () => run(subject()),
  })
  const runs = [
    ...definitionChecks.map((one) => named(one, '', () => demo)),
    ...deviceChecks.map((one) => named(one, ' in demo mode', () => demo)),
  ]
  if (device !== undefined) {
    const real = (): Subject => ({ definition, config: configOf(device), optionalInputs })
    runs.push(...deviceChecks.map((one) => named(one, ' with its device', real)))
  }
  if (unreachable !== undefined)
    runs.push({
      name: 'says that a device cannot be reached',
      run: () => expectUnreachable(definition, configOf(unreachable)),
    })
  return runs
}

async function expectUnreachable(definition: PluginDefinition, config: unknown): Promise<void> {
  const signal = AbortSignal.timeout(DEADLINE_MS)
  const instance = { instanceName: 'Conformance', demoMode: false, config: parsedConfig(definition, config), signal }
  const device = await createDevice(definition, instance)
  const code = await codeOfFailure(connectAndRead(device, signal))
  await device.disconnect(signal)
  expect(code === 'connection' || code === 'timeout', `it says ${code ?? 'nothing'}, not ConnectionError`)
}

/** Some protocols have no connection: there, reading fails. */
async function connectAndRead(device: Awaited<ReturnType<typeof createDevice>>, signal: AbortSignal): Promise<void> {
  await device.connect(signal)
  await device.read(
    device.channels.filter(({ direction }) => direction !== 'output').map(({ id }) => id),
    signal,
  )
}

export { type ConformanceCheck, definitionChecks, deviceChecks }
