import { ChannelDescription, PluginDescription, QualityWords } from '@webmacs/contracts'
import { type Static, Type } from 'typebox'

/**
 * What a controller and the processes of its plugins say to one another over Node's IPC channel. The host side imports only types from
 * here: schemas and their validator stay in the controller, which trusts nothing that comes out of a process with foreign code in it.
 */

/** Deadlines of what a driver is asked to do, milliseconds. */
export interface DeviceDeadlines {
  readonly connectMs: number
  readonly readMs: number
  /** Safe values and disconnect together. */
  readonly stopMs: number
}

/** Which channels are read, how often. */
export interface Sampling {
  readonly intervalMs: number
  readonly channels: readonly string[]
}

/** Controller → host: say who you are, then end. Answered by `described` or `failed`. */
export interface DescribeRequest {
  readonly type: 'describe'
  readonly plugin: string
  /** Path of the module that exports the driver as `plugin`. */
  readonly module: string
}

/** Controller → host: run an instance until `stop`, or until the IPC channel closes. Sent once. */
export interface StartRequest {
  readonly type: 'start'
  readonly plugin: string
  readonly module: string
  readonly instanceName: string
  readonly demoMode: boolean
  /** Checked against the driver's schema, defaults filled in. */
  readonly config: unknown
  readonly sampling: Sampling
  readonly deadlines: DeviceDeadlines
}

/** Controller → host: sample these from now on. */
export interface SamplingRequest {
  readonly type: 'sampling'
  readonly sampling: Sampling
}

/** Controller → host: outputs to their safe values, disconnect, end. */
export interface StopRequest {
  readonly type: 'stop'
}

export type ControllerMessage = DescribeRequest | StartRequest | SamplingRequest | StopRequest

const text = (maxLength: number) => Type.String({ maxLength })

/** Host → controller: the answer to `describe`. */
export const Described = Type.Object({ type: Type.Literal('described'), description: PluginDescription })

/** Host → controller, at each change: how the connection to the device is. */
export const StateMessage = Type.Object({
  type: Type.Literal('state'),
  state: Type.Unsafe<'connecting' | 'connected' | 'error'>(Type.Enum(['connecting', 'connected', 'error'])),
  demo: Type.Boolean(),
  message: Type.Union([text(1000), Type.Null()]),
  channels: Type.Array(ChannelDescription),
})

/** Host → controller: what one cycle read. */
export const SampleMessage = Type.Object({
  type: Type.Literal('sample'),
  time: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'Micros, when the cycle began' }),
  readings: Type.Array(
    Type.Object({
      channel: text(100),
      value: Type.Union([Type.Number(), Type.Null()]),
      quality: QualityWords,
    }),
  ),
})

/** Host → controller, once a second as long as its event loop turns. Counters are totals since its start. */
export const BeatMessage = Type.Object({
  type: Type.Literal('beat'),
  samples: Type.Integer({ minimum: 0 }),
  overruns: Type.Integer({ minimum: 0, description: 'Cycles that were left out because the one before was not done' }),
  rssBytes: Type.Integer({ minimum: 0 }),
})

/** Host → controller: a line for the log. */
export const LogMessage = Type.Object({
  type: Type.Literal('log'),
  level: Type.Unsafe<'debug' | 'info' | 'warn' | 'error'>(Type.Enum(['debug', 'info', 'warn', 'error'])),
  event: text(200),
  message: text(1000),
  facts: Type.Record(Type.String(), Type.Unknown()),
})

/** Host → controller, before it ends because of its driver. */
export const FailedMessage = Type.Object({ type: Type.Literal('failed'), message: text(1000) })

export const HostMessage = Type.Union([Described, StateMessage, SampleMessage, BeatMessage, LogMessage, FailedMessage])
export type HostMessage = Static<typeof HostMessage>
export type StateMessage = Static<typeof StateMessage>
export type SampleMessage = Static<typeof SampleMessage>
export type BeatMessage = Static<typeof BeatMessage>
export type LogMessage = Static<typeof LogMessage>
