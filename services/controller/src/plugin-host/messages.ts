import {
  type Calibration,
  ChannelDescription,
  type OutputPolicy,
  PluginDescription,
  QualityWords,
} from '@webmacs/contracts'
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

/** What a host does with one channel. Values are in the engineering unit. */
export interface ChannelPlan {
  readonly channel: string
  /** Readings go to an event: sampled always. Otherwise only while somebody looks. */
  readonly isMapped: boolean
  /** undefined: the driver's own choice, else the instance's interval. */
  readonly intervalMs: number | undefined
  /** undefined: the driver's own choice, else every sample is recorded. */
  readonly deadband: number | undefined
  readonly maxSilenceMs: number | undefined
  readonly calibration: Calibration | undefined
  /** undefined: as the driver says. */
  readonly output: OutputPolicy | undefined
}

/** What a host does with its device's channels; those without a plan are unmapped and as their driver says. */
export interface InstancePlan {
  readonly intervalMs: number
  readonly channels: readonly ChannelPlan[]
}

/** Controller → host: say who you are, then end. Answered by `described` or `failed`. */
export interface DescribeRequest {
  readonly type: 'describe'
  readonly plugin: string
  /** Path of the module that exports the driver as `plugin`. */
  readonly module: string
  /** Checked against the driver's schema; undefined: its defaults, and no channels where it cannot do with them. */
  readonly config: unknown
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
  readonly plan: InstancePlan
  readonly deadlines: DeviceDeadlines
  /** Last setpoints that were confirmed, channel → value, for outputs that are given them again when the device is connected. */
  readonly setpoints: Readonly<Record<string, number>>
}

/** Controller → host: do this with the channels from now on. */
export interface PlanRequest {
  readonly type: 'plan'
  readonly plan: InstancePlan
}

/**
 * Controller → host: set an output. Answered by `written` and then `verified`, or by `write-failed`. Commands for one output are written in
 * the order in which they come; the next one ends the verification of the one before (`unverified`).
 */
export interface WriteRequest {
  readonly type: 'write'
  /** Id of the command. */
  readonly command: string
  readonly channel: string
  /** Within the limits of its policy. */
  readonly value: number
  /** Not written any more from then on: micros, by this machine's clock. Looked at right before the device is called. */
  readonly deadline: number
}

/** Controller → host: outputs to their safe values now, the device stays connected. Answered by `made-safe`. */
export interface SafeRequest {
  readonly type: 'safe'
  readonly reason: string
  /** undefined: all of them. */
  readonly channels: readonly string[] | undefined
}

/** Controller → host: somebody looks at all channels. Answered by `values`, within a second; unmapped channels are sampled for a while. */
export interface LookRequest {
  readonly type: 'look'
  readonly look: number
}

/**
 * Controller → host: whether the controller has contact to its server; at first it counts as having it. The device's own watchdog is fed
 * without contact too, as long as every output may still be held, is held on purpose, or is safe already.
 */
export interface ContactRequest {
  readonly type: 'contact'
  readonly hasContact: boolean
}

/** Controller → host: connect, read every channel once, write nothing, disconnect, end. Answered by `probed` or `failed`. */
export interface ProbeRequest {
  readonly type: 'probe'
  readonly plugin: string
  readonly module: string
  readonly demoMode: boolean
  readonly config: unknown
  readonly deadlines: DeviceDeadlines
}

/** Controller → host: outputs to their safe values, disconnect, end. */
export interface StopRequest {
  readonly type: 'stop'
}

/** What is asked of an instance that runs. */
export type SessionRequest = PlanRequest | WriteRequest | SafeRequest | LookRequest | ContactRequest

export type ControllerMessage = DescribeRequest | ProbeRequest | StartRequest | SessionRequest | StopRequest

const text = (maxLength: number) => Type.String({ maxLength })

/** Host → controller: the answer to `describe`. */
export const Described = Type.Object({
  type: Type.Literal('described'),
  description: Type.Omit(PluginDescription, ['package']),
})

/** Host → controller, at each change: how the connection to the device is. */
export const StateMessage = Type.Object({
  type: Type.Literal('state'),
  state: Type.Unsafe<'connecting' | 'connected' | 'error'>(Type.Enum(['connecting', 'connected', 'error'])),
  demo: Type.Boolean(),
  message: Type.Union([text(1000), Type.Null()]),
  channels: Type.Array(ChannelDescription),
})

const Micros = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'Micros' })
const readings = Type.Array(
  Type.Object({
    channel: text(100),
    value: Type.Union([Type.Number(), Type.Null()]),
    quality: QualityWords,
  }),
)
const numberOrNull = Type.Union([Type.Number(), Type.Null()])

/** Host → controller: what was read at one instant or several, ascending; fast channels are packed. */
export const SampleMessage = Type.Object({
  type: Type.Literal('sample'),
  instants: Type.Array(Type.Object({ time: Micros, readings }), { minItems: 1 }),
})

/** Host → controller: the device was given the value. `readback` is null where it is not known yet, or never will be. */
export const WrittenMessage = Type.Object({
  type: Type.Literal('written'),
  command: text(64),
  channel: text(100),
  time: Micros,
  previous: numberOrNull,
  written: Type.Number(),
  clamped: Type.Boolean(),
})

/** Host → controller: the device was not given the value, or nobody knows. */
export const WriteFailedMessage = Type.Object({
  type: Type.Literal('write-failed'),
  command: text(64),
  channel: text(100),
  time: Micros,
  reason: Type.Unsafe<'expired' | 'away' | 'failed' | 'unanswered'>(
    Type.Enum(['expired', 'away', 'failed', 'unanswered'], {
      description:
        'expired: the deadline had passed; away: the device is not connected; failed: it refused, or broke; ' +
        'unanswered: it was asked and did not say whether it took it',
    }),
  ),
  message: text(1000),
})

/** Host → controller, after `written`: what the read-back says. */
export const VerifiedMessage = Type.Object({
  type: Type.Literal('verified'),
  command: text(64),
  channel: text(100),
  time: Micros,
  state: Type.Unsafe<'confirmed' | 'unverified' | 'mismatch' | 'timeout'>(
    Type.Enum(['confirmed', 'unverified', 'mismatch', 'timeout']),
  ),
  readback: numberOrNull,
})

/** Host → controller: outputs were set to their safe values (or to what `on_start` says), asked for or not. */
export const MadeSafeMessage = Type.Object({
  type: Type.Literal('made-safe'),
  reason: text(200),
  time: Micros,
  applied: Type.Array(Type.Object({ channel: text(100), value: Type.Number() })),
  failed: Type.Array(Type.Object({ channel: text(100), message: text(500) })),
})

/** Host → controller: what all channels show. */
export const ValuesMessage = Type.Object({
  type: Type.Literal('values'),
  look: Type.Integer(),
  values: Type.Array(
    Type.Object({
      channel: text(100),
      value: numberOrNull,
      quality: QualityWords,
      time: Type.Union([Micros, Type.Null()]),
    }),
  ),
})

/** Host → controller: the answer to `probe`. */
export const ProbedMessage = Type.Object({
  type: Type.Literal('probed'),
  ok: Type.Boolean(),
  message: Type.Union([text(1000), Type.Null()]),
  channels: Type.Array(ChannelDescription),
  time: Micros,
  readings,
  durationMs: Type.Number({ minimum: 0 }),
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

export const HostMessage = Type.Union([
  Described,
  ProbedMessage,
  StateMessage,
  SampleMessage,
  WrittenMessage,
  WriteFailedMessage,
  VerifiedMessage,
  MadeSafeMessage,
  ValuesMessage,
  BeatMessage,
  LogMessage,
  FailedMessage,
])
export type HostMessage = Static<typeof HostMessage>
export type StateMessage = Static<typeof StateMessage>
export type SampleMessage = Static<typeof SampleMessage>
export type BeatMessage = Static<typeof BeatMessage>
export type LogMessage = Static<typeof LogMessage>
export type WrittenMessage = Static<typeof WrittenMessage>
export type WriteFailedMessage = Static<typeof WriteFailedMessage>
export type VerifiedMessage = Static<typeof VerifiedMessage>
export type MadeSafeMessage = Static<typeof MadeSafeMessage>
export type ValuesMessage = Static<typeof ValuesMessage>
export type ProbedMessage = Static<typeof ProbedMessage>
/** What a host answers when outputs are set or looked at. */
export type OutputMessage = WrittenMessage | WriteFailedMessage | VerifiedMessage | MadeSafeMessage | ValuesMessage
