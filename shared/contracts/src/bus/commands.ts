import { type Static, Type } from 'typebox'
import { CommandId, EventId, InstanceId } from '../ids.ts'
import { Timestamp } from '../time.ts'
import { SUBJECT_TOKEN } from './subjects.ts'

/**
 * requested → accepted (the controller has it) → written → confirmed | unverified (there is no read-back) | mismatch | timeout (read-back
 * silent, or nobody answered at all). Without being written: refused, expired, superseded by a newer one, failed, cancelled.
 */
export const COMMAND_STATES = [
  'requested',
  'accepted',
  'written',
  'confirmed',
  'unverified',
  'mismatch',
  'timeout',
  'refused',
  'expired',
  'superseded',
  'failed',
  'cancelled',
] as const
export type CommandState = (typeof COMMAND_STATES)[number]
export const CommandState = Type.Unsafe<CommandState>(
  Type.Enum([...COMMAND_STATES], {
    description:
      'requested: on its way; accepted: its controller has it; written: the device took it, the read-back is awaited; confirmed: the read-back agrees; ' +
      'unverified: written, the device cannot be asked; mismatch: the read-back differs; timeout: no read-back, or no answer from the controller; ' +
      'refused, expired, superseded, failed, cancelled: not written, see code and detail',
  }),
)

const OPEN_STATES: readonly CommandState[] = ['requested', 'accepted', 'written']

/** Nothing follows any more. */
export const isFinalState = (state: CommandState): boolean => !OPEN_STATES.includes(state)

/** The device has the value. */
export const isWrittenState = (state: CommandState): boolean =>
  state === 'written' || state === 'confirmed' || state === 'unverified'

export const ACTOR_KINDS = ['user', 'token', 'valve_cycle', 'safe_state'] as const
export type ActorKind = (typeof ACTOR_KINDS)[number]

/** Who wants an output set. */
export const CommandActor = Type.Object(
  {
    kind: Type.Unsafe<ActorKind>(
      Type.Enum([...ACTOR_KINDS], {
        description:
          'user: a login; token: an API token; valve_cycle: the valve cycle of a controller; safe_state: a controller that makes an output safe',
      }),
    ),
    id: Type.Union([Type.String(), Type.Null()], {
      description: 'Public id of the user or the API token',
      examples: ['usr_7k2m9q4tx3ab'],
    }),
    name: Type.String({ description: 'Name for people, as it was then', examples: ['Ada'] }),
  },
  { description: 'Who wants it' },
)
export type CommandActor = Static<typeof CommandActor>

/** Longest life of a command before it is written, milliseconds. */
export const MAX_COMMAND_TTL_MS = 30_000
export const DEFAULT_COMMAND_TTL_MS = 2000

/** Request on `commands.<controller>`: set an output. Answered by a `CommandReport`, at the latest after `answer_within_ms`. */
export const CommandRequest = Type.Object({
  id: CommandId,
  instance: InstanceId,
  channel: Type.String({ minLength: 1, maxLength: 100 }),
  event: Type.Union([EventId, Type.Null()]),
  value: Type.Number(),
  requested_by: CommandActor,
  requested_on: Timestamp,
  expires_at: { ...Timestamp, description: 'Not written any more from then on, by the clock of the server' },
  answer_within_ms: Type.Integer({
    minimum: 10,
    maximum: 60_000,
    description: 'When the answer is due even if the read-back is still awaited',
  }),
  expected_previous: Type.Optional(
    Type.Number({ description: 'Refused when the output has another value, within its tolerance' }),
  ),
  reason: Type.Optional(Type.String({ maxLength: 1000 })),
})
export type CommandRequest = Static<typeof CommandRequest>

export const CommandTransition = Type.Object({
  state: CommandState,
  time: { ...Timestamp, description: 'When it came about, by the clock of who said so' },
})
export type CommandTransition = Static<typeof CommandTransition>

/** Why a command was not done, as codes of the error catalogue. */
export const COMMAND_ERRORS = [
  'command.refused',
  'command.expired',
  'command.superseded',
  'command.failed',
  'command.mismatch',
  'command.timeout',
  'device.away',
  'controller.away',
] as const
export type CommandErrorCode = (typeof COMMAND_ERRORS)[number]

/**
 * All that a controller knows of a command at one moment: the answer to it, and published on `command-reports.<controller>` at each change.
 * The later report of a command holds all that the earlier ones held.
 */
export const CommandReport = Type.Object({
  ...CommandRequest.properties,
  controller: Type.String({ pattern: SUBJECT_TOKEN }),
  state: CommandState,
  code: Type.Union([Type.Unsafe<CommandErrorCode>(Type.Enum([...COMMAND_ERRORS])), Type.Null()]),
  detail: Type.Union([Type.String({ maxLength: 1000 }), Type.Null()], { description: 'The reason as a sentence' }),
  previous: Type.Union([Type.Number(), Type.Null()], { description: 'Value of the output before; null: not known' }),
  written: Type.Union([Type.Number(), Type.Null()], { description: 'Value that the device was given' }),
  clamped: Type.Boolean({ description: 'The value was beyond a limit and brought to it' }),
  readback: Type.Union([Type.Number(), Type.Null()], { description: 'Value that the device says it has' }),
  transitions: Type.Array(CommandTransition, { maxItems: 20 }),
})
export type CommandReport = Static<typeof CommandReport>

/** Request on `time`, answered by api: controllers measure by it how far their clock is from the server's. */
export const ServerTime = Type.Object({ time: Timestamp })
export type ServerTime = Static<typeof ServerTime>
