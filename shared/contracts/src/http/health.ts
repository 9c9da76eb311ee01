import { type Static, Type } from 'typebox'
import { Timestamp } from '../time.ts'

const component = (description: string) => Type.Unsafe<'ok' | 'error'>(Type.Enum(['ok', 'error'], { description }))

export const Health = Type.Object({
  status: Type.Unsafe<'ok' | 'degraded'>(
    Type.Enum(['ok', 'degraded'], { description: 'degraded while something that it needs is away' }),
  ),
  version: Type.String({ description: 'Version of the system', examples: ['3.0.0'] }),
  database: component('Whether the database answers'),
  broker: component('Whether the message broker is connected'),
  last_datapoint: Type.Union([Timestamp, Type.Null()], {
    description: 'Time of the newest reading; null: none yet',
    examples: ['2026-11-23T16:12:13.408444Z'],
  }),
  uptime_seconds: Type.Number({ description: 'Since the api started, seconds', examples: [86400.5] }),
})
export type Health = Static<typeof Health>
