import { type Static, Type } from 'typebox'
import { GapReason } from '../bus/gaps.ts'
import { EventId, InstanceId } from '../ids.ts'
import { Timestamp } from '../time.ts'
import { Page, pageOf } from './common.ts'

/** Readings that are missing and will never come, and why. */
export const Gap = Type.Object({
  id: Type.Integer({ description: 'Rises with each entry', examples: [12] }),
  source: Type.String({ description: 'Controller that they were to come from', examples: ['local'] }),
  reason: GapReason,
  from: Timestamp,
  to: Timestamp,
  instance_public_id: Type.Union([InstanceId, Type.Null()], {
    description: 'Plugin instance concerned; null: all of the source',
    examples: ['plg_7k2m9q4tx3ab'],
  }),
  event_public_ids: Type.Array(EventId, { description: 'Events concerned; empty: all of the source' }),
  frames: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
    description: 'How many frames are missing; null: not known',
    examples: [120],
  }),
  recorded_on: Timestamp,
})
export type Gap = Static<typeof Gap>
export const GapPage = pageOf(Gap)

export const GapQuery = Type.Object({
  ...Page.properties,
  event: Type.Optional(
    Type.String({ maxLength: 64, description: 'Only what concerns this event', examples: ['evt_7k2m9q4tx3ab'] }),
  ),
  from: Type.Optional(
    Type.String({
      maxLength: 64,
      description: 'Only what reaches past this moment, UTC',
      examples: ['2026-11-01T00:00:00Z'],
    }),
  ),
  to: Type.Optional(
    Type.String({
      maxLength: 64,
      description: 'Only what begins before this moment, UTC',
      examples: ['2026-12-01T00:00:00Z'],
    }),
  ),
})
export type GapQuery = Static<typeof GapQuery>
