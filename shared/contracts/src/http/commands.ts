import { type Static, Type } from 'typebox'
import {
  COMMAND_ERRORS,
  CommandActor,
  type CommandErrorCode,
  CommandState,
  CommandTransition,
  DEFAULT_COMMAND_TTL_MS,
  MAX_COMMAND_TTL_MS,
} from '../bus/commands.ts'
import { CommandId, EventId, InstanceId } from '../ids.ts'
import { Timestamp } from '../time.ts'
import { Page, pageOf } from './common.ts'

/** Which output: by its event, or, mapped or not, by its instance and channel. */
export const CreateCommand = Type.Object(
  {
    public_id: Type.Optional({
      ...CommandId,
      description:
        'Of your choice: sent again with the same id, nothing is done twice and the same command is answered',
    }),
    event_public_id: Type.Optional(
      Type.String({ maxLength: 64, description: 'Event that is mapped to the output', examples: ['evt_7k2m9q4tx3ab'] }),
    ),
    instance_public_id: Type.Optional(
      Type.String({
        maxLength: 64,
        description: 'Instead of an event: the instance …',
        examples: ['plg_7k2m9q4tx3ab'],
      }),
    ),
    channel_id: Type.Optional(
      Type.String({ maxLength: 100, description: '… and its channel', examples: ['heater_power'] }),
    ),
    value: Type.Number({ description: "Setpoint, in the channel's unit", examples: [42.5] }),
    ttl_ms: Type.Optional(
      Type.Integer({
        minimum: 100,
        maximum: MAX_COMMAND_TTL_MS,
        default: DEFAULT_COMMAND_TTL_MS,
        description: 'Not written any more after so long, milliseconds',
      }),
    ),
    expected_previous: Type.Optional(
      Type.Number({ description: 'Refused when the output has another value now', examples: [40] }),
    ),
    reason: Type.Optional(
      Type.String({ maxLength: 1000, description: 'Why, for the history', examples: ['Start of the heating ramp'] }),
    ),
  },
  {
    examples: [{ event_public_id: 'evt_7k2m9q4tx3ab', value: 42.5, reason: 'Start of the heating ramp' }],
  },
)
export type CreateCommand = Static<typeof CreateCommand>

const valueOrNull = (description: string, example: number) =>
  Type.Union([Type.Number(), Type.Null()], { description, examples: [example] })
const timeOrNull = (description: string) =>
  Type.Union([Timestamp, Type.Null()], { description, examples: ['2026-11-23T16:12:13.408444Z'] })

/** A command with all that became of it. */
export const Command = Type.Object({
  public_id: CommandId,
  event_public_id: Type.Union([EventId, Type.Null()], {
    description: 'Event that was mapped to the output',
    examples: ['evt_7k2m9q4tx3ab'],
  }),
  instance_public_id: InstanceId,
  instance_name: Type.String({ description: 'As it was called then', examples: ['Reactor 1'] }),
  channel_id: Type.String({ description: "Driver's id of the channel", examples: ['heater_power'] }),
  channel_name: Type.String({ description: 'As it was called then', examples: ['Heater Power'] }),
  unit: Type.String({ description: 'Unit of all values here', examples: ['%'] }),
  value: Type.Number({ description: 'What was asked for', examples: [42.5] }),
  state: CommandState,
  is_final: Type.Boolean({ description: 'Whether nothing follows any more' }),
  code: Type.Union(
    [
      Type.Unsafe<CommandErrorCode>(Type.Enum([...COMMAND_ERRORS], { description: 'Code of the error catalogue' })),
      Type.Null(),
    ],
    { description: 'Why it was not done; null while nothing is wrong', examples: [null] },
  ),
  detail: Type.Union([Type.String(), Type.Null()], { description: 'The reason as a sentence', examples: [null] }),
  previous_value: valueOrNull('Value of the output before; null: not known', 40),
  written_value: valueOrNull('Value that the device was given; null: none', 42.5),
  clamped: Type.Boolean({ description: 'Whether the value was beyond a limit and brought to it' }),
  readback_value: valueOrNull('Value that the device said it has; null: it did not say', 42.5),
  requested_by: CommandActor,
  reason: Type.Union([Type.String(), Type.Null()], { description: 'Why, as who asked said', examples: [null] }),
  requested_on: Timestamp,
  expires_on: { ...Timestamp, description: 'Not written any more from then on' },
  written_on: timeOrNull('When the device was given the value'),
  finished_on: timeOrNull('When its last state came about; null: not yet'),
  latency_ms: valueOrNull('From the request to the writing, milliseconds', 8.4),
  transitions: Type.Array(CommandTransition, { description: 'Every state with its time, in order' }),
})
export type Command = Static<typeof Command>
export const CommandPage = pageOf(Command)

export const CommandQuery = Type.Object({
  ...Page.properties,
  event: Type.Optional(
    Type.String({ maxLength: 64, description: 'Only of this event', examples: ['evt_7k2m9q4tx3ab'] }),
  ),
  instance: Type.Optional(
    Type.String({ maxLength: 64, description: 'Only of this plugin instance', examples: ['plg_7k2m9q4tx3ab'] }),
  ),
  state: Type.Optional(CommandState),
  user: Type.Optional(
    Type.String({ maxLength: 64, description: 'Only of this user or API token', examples: ['usr_7k2m9q4tx3ab'] }),
  ),
  from: Type.Optional(
    Type.String({ maxLength: 64, description: 'Not before this moment, UTC', examples: ['2026-11-01T00:00:00Z'] }),
  ),
  to: Type.Optional(
    Type.String({ maxLength: 64, description: 'Before this moment, UTC', examples: ['2026-12-01T00:00:00Z'] }),
  ),
})
export type CommandQuery = Static<typeof CommandQuery>
