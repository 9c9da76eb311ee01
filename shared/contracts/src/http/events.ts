import { type Static, Type } from 'typebox'
import { EventId, UserId } from '../ids.ts'
import { pageOf } from './common.ts'

export const EVENT_TYPES = ['sensor', 'actuator', 'range', 'cmd_button', 'cmd_opened', 'cmd_closed'] as const
export type EventType = (typeof EVENT_TYPES)[number]
export const EventType = Type.Unsafe<EventType>(Type.Enum([...EVENT_TYPES]))

/** At least one character that shows. */
const NOT_BLANK = '\\S'

const fields = {
  name: Type.String({
    maxLength: 255,
    pattern: NOT_BLANK,
    description: 'Unique name',
    examples: ['TT-101'],
  }),
  min_value: Type.Number({ description: 'Lower end of the range, in the unit' }),
  max_value: Type.Number({ description: 'Upper end of the range, in the unit' }),
  unit: Type.String({ maxLength: 255, pattern: NOT_BLANK, examples: ['°C'] }),
  type: EventType,
}

export const Event = Type.Object({
  public_id: EventId,
  ...fields,
  user_public_id: Type.Union([UserId, Type.Null()], { description: 'Who made it' }),
})
export type Event = Static<typeof Event>

export const EventPage = pageOf(Event)
export const CreateEvent = Type.Object(fields)
export type CreateEvent = Static<typeof CreateEvent>
export const UpdateEvent = Type.Partial(Type.Object(fields))
export type UpdateEvent = Static<typeof UpdateEvent>
