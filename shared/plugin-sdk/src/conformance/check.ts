import { createConfigParser } from '../config.ts'
import { createDevice } from '../create-device.ts'
import type { PluginDefinition } from '../definition.ts'
import type { DevicePlugin } from '../device-plugin.ts'

/** What the checks are run on: a driver, in demo mode or with a device. */
export interface Subject {
  readonly definition: PluginDefinition
  /** Configuration of a device, or of a test peer that speaks its protocol; undefined: demo mode under the default configuration. */
  readonly config: unknown
  /** Inputs that may be without a reading, because not every device has them. */
  readonly optionalInputs?: readonly string[]
}

/** One thing that every driver must do. */
export interface ConformanceCheck {
  /** What the driver does, as a sentence. */
  readonly name: string
  /** Rejects with the reason when the driver does not. */
  run(subject: Subject): Promise<void>
}

/** How long a check may take, milliseconds. */
export const DEADLINE_MS = 15_000

export function check(name: string, run: (definition: PluginDefinition) => Promise<void>): ConformanceCheck {
  return { name, run: ({ definition }) => run(definition) }
}

export type DeviceWork = (device: DevicePlugin<unknown>, signal: AbortSignal, subject: Subject) => Promise<void>

/** A check of a device that was not connected yet; afterwards it is disconnected, its outputs safe. */
export function deviceCheck(name: string, run: DeviceWork): ConformanceCheck {
  return {
    name,
    run: async (subject) => {
      const { definition, config } = subject
      const signal = AbortSignal.timeout(DEADLINE_MS)
      const parsed = parsedConfig(definition, config ?? {})
      const demoMode = config === undefined
      const device = await createDevice(definition, { instanceName: 'Conformance', demoMode, config: parsed, signal })
      try {
        await run(device, signal, subject)
      } finally {
        await device.disconnect(signal)
      }
    },
  }
}

export function connectedCheck(name: string, run: DeviceWork): ConformanceCheck {
  return deviceCheck(name, async (device, signal, subject) => {
    await device.connect(signal)
    await run(device, signal, subject)
  })
}

/** @throws Error when the configuration breaks the driver's own schema */
export function parsedConfig(definition: PluginDefinition, config: unknown): unknown {
  const parsed = createConfigParser(definition.configSchema)(config)
  if (!parsed.ok) throw new Error(`the schema does not allow the configuration: ${parsed.problems.join('; ')}`)
  return parsed.config
}

export function channelsOf(definition: PluginDefinition) {
  return definition.channels(parsedConfig(definition, {}), { signal: AbortSignal.timeout(DEADLINE_MS) })
}

export function expect(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise)
}

export function expectState(device: DevicePlugin<unknown>, state: DevicePlugin<unknown>['state']): void {
  expect(device.state === state, `the state is ${device.state} instead of ${state}`)
}

/** @returns the code of what the work throws */
export async function codeOfFailure(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work
    return undefined
  } catch (err) {
    return err instanceof Error && 'code' in err ? String(err.code) : 'without a code'
  }
}
