import type { Channel } from './channel.ts'
import type { Clock } from './clock.ts'
import type { PluginLog } from './log.ts'
import type { Reading } from './reading.ts'

export type DeviceState = 'configured' | 'connecting' | 'connected' | 'disconnecting' | 'disconnected' | 'error'

/** What an instance of a driver is made of. */
export interface DeviceContext<Config> {
  readonly pluginId: string
  readonly instanceName: string
  readonly demoMode: boolean
  /** The driver's hooks are its simulation: they are called in demo mode too. */
  readonly ownSimulation: boolean
  readonly config: Config
  readonly channels: readonly Channel[]
  readonly clock: Clock
  readonly log: PluginLog
}

/** What became of a write. Values are in the channel's engineering unit. */
export interface WriteResult {
  readonly channel: string
  readonly requested: number
  /** After clamping to the range and rounding to the data type. */
  readonly written: number
  readonly clamped: boolean
  /** What the device says it has now; undefined where it cannot be asked. */
  readonly readback: number | undefined
}

export interface SafeStateResult {
  readonly applied: readonly string[]
  readonly failed: readonly { readonly channel: string; readonly err: unknown }[]
}

export interface DeviceHealth {
  readonly pluginId: string
  readonly instanceName: string
  readonly state: DeviceState
  readonly demoMode: boolean
  readonly channelCount: number
  /** Failed connects, reads and writes since the last successful connect. */
  readonly errorCount: number
  readonly lastError: string | undefined
  /** Connected. */
  readonly healthy: boolean
}

/** Who hears what a device says unasked. */
export interface DeviceListener {
  /** @param ageMs how long ago they were measured */
  pushed(readings: readonly Reading[], ageMs: number): void
  /** The connection is gone; the state is `error`. */
  lost(err: Error): void
}

export interface DisconnectOptions {
  /** `keep`: outputs stay as they are. Default `safe`. */
  readonly outputs?: 'safe' | 'keep'
}
