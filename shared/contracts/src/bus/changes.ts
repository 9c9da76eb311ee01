import { type Static, Type } from 'typebox'
import { Timestamp } from '../time.ts'

/** What is published on `changes.<entity>.<verb>` after something changed and the change is durable. */
export const Change = Type.Object({
  entity: Type.String({ examples: ['event'] }),
  verb: Type.String({ examples: ['updated'] }),
  id: Type.String({ description: 'Public id of what changed' }),
  time: Timestamp,
  by: Type.Union([Type.String(), Type.Null()], { description: 'Public id of the user, or null for the system itself' }),
})
export type Change = Static<typeof Change>
