import { type Static, Type } from 'typebox'
import { EventId, UserId } from '../ids.ts'
import { NOT_BLANK, pageOf } from './common.ts'

export const EVENT_TYPES = ['sensor', 'actuator', 'range', 'cmd_button', 'cmd_opened', 'cmd_closed'] as const
export type EventType = (typeof EVENT_TYPES)[number]
export const EventType = Type.Unsafe<EventType>(
  Type.Enum([...EVENT_TYPES], {
    description:
      'sensor: measured; actuator: switched on and off; range: set to a number; cmd_*: start button and times of the valve cycle',
  }),
)

const fields = {
  name: Type.String({
    maxLength: 255,
    pattern: NOT_BLANK,
    description: 'Unique name',
    examples: ['TT-101'],
  }),
  min_value: Type.Number({ description: 'Lower end of the range, in the unit', examples: [0] }),
  max_value: Type.Number({ description: 'Upper end of the range, in the unit', examples: [200] }),
  unit: Type.String({
    maxLength: 255,
    pattern: NOT_BLANK,
    description: 'Engineering unit of the values',
    examples: ['°C'],
  }),
  type: EventType,
}

/** What people need beyond the essentials to group, read and judge a signal. Null: not said. */
const details = {
  description: Type.Union([Type.String({ maxLength: 2000 }), Type.Null()], {
    description: 'What is measured or set, and where',
    examples: ['Jacket inlet of reactor 1'],
  }),
  area: Type.Union([Type.String({ maxLength: 255, pattern: NOT_BLANK }), Type.Null()], {
    description: 'Part of the plant',
    examples: ['Reactor 1'],
  }),
  tags: Type.Array(Type.String({ maxLength: 64, pattern: NOT_BLANK }), {
    maxItems: 20,
    uniqueItems: true,
    description: 'Words to find and group it by',
    examples: [['reactor', 'critical']],
  }),
  decimals: Type.Union([Type.Integer({ minimum: 0, maximum: 10 }), Type.Null()], {
    description: 'Digits after the point on screens',
    examples: [1],
  }),
  value_labels: Type.Union(
    [
      Type.Unsafe<Record<string, string>>({
        type: 'object',
        propertyNames: { pattern: '^-?\\d+(\\.\\d+)?$' },
        additionalProperties: { type: 'string', maxLength: 64, pattern: NOT_BLANK },
        maxProperties: 64,
      }),
      Type.Null(),
    ],
    { description: 'Words for values: value → label', examples: [{ '0': 'closed', '1': 'open' }] },
  ),
  expected_interval_seconds: Type.Union([Type.Number({ exclusiveMinimum: 0, maximum: 31_536_000 }), Type.Null()], {
    description: 'Longest usual time between two readings, seconds: much later, the value counts as stale',
    examples: [1],
  }),
}

export const Event = Type.Object({
  public_id: EventId,
  ...fields,
  ...details,
  user_public_id: Type.Union([UserId, Type.Null()], { description: 'Who made it', examples: ['usr_7k2m9q4tx3ab'] }),
})
export type Event = Static<typeof Event>

export const EventPage = pageOf(Event)
export const CreateEvent = Type.Object({ ...fields, ...Type.Partial(Type.Object(details)).properties })
export type CreateEvent = Static<typeof CreateEvent>
export const UpdateEvent = Type.Partial(Type.Object({ ...fields, ...details }))
export type UpdateEvent = Static<typeof UpdateEvent>
