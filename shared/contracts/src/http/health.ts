import { type Static, Type } from 'typebox'
import { Timestamp } from '../time.ts'

const ComponentState = Type.Unsafe<'ok' | 'error'>(Type.Enum(['ok', 'error']))

export const Health = Type.Object({
  status: Type.Unsafe<'ok' | 'degraded'>(Type.Enum(['ok', 'degraded'])),
  version: Type.String(),
  database: ComponentState,
  broker: ComponentState,
  last_datapoint: Type.Union([Timestamp, Type.Null()], { description: 'Time of the newest stored reading' }),
  uptime_seconds: Type.Number({ description: 'Since the api started, seconds' }),
})
export type Health = Static<typeof Health>
