import type { Clock } from './clock.ts'
import { createConfigParser } from './config.ts'
import { createDevice } from './create-device.ts'
import type { PluginDefinition } from './definition.ts'
import type { DevicePlugin } from './device-plugin.ts'
import { ConfigError } from './errors.ts'
import type { PluginLog } from './log.ts'

/** A clock that only moves when it is told to. */
export class FakeClock implements Clock {
  #nowMs = 0

  monotonicMs(): number {
    return this.#nowMs
  }

  advance(milliseconds: number): void {
    this.#nowMs += milliseconds
  }
}

export interface TestInstanceOptions {
  readonly instanceName?: string
  /** Default false: the device is used for real. */
  readonly demoMode?: boolean
  /** Checked and completed as the controller does it. Default {}. */
  readonly config?: unknown
  readonly clock?: Clock
  readonly log?: PluginLog
  readonly signal?: AbortSignal
}

/** An instance as the controller would make it. @throws ConfigError for a configuration that breaks the schema */
export function createTestDevice(
  definition: PluginDefinition,
  { instanceName = 'Test', demoMode = false, config = {}, signal, ...rest }: TestInstanceOptions = {},
): Promise<DevicePlugin<unknown>> {
  const parsed = createConfigParser(definition.configSchema)(config)
  if (!parsed.ok) throw new ConfigError(parsed.problems.join('; '))
  return createDevice(definition, {
    instanceName,
    demoMode,
    config: parsed.config,
    signal: signal ?? new AbortController().signal,
    ...rest,
  })
}
