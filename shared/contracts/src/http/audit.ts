import { type Static, Type } from 'typebox'
import { ApiTokenId, UserId } from '../ids.ts'
import { Timestamp } from '../time.ts'
import { Page, pageOf } from './common.ts'

/** Who changed what, from what to what. Written in the transaction of the change itself, never changed, never deleted. */
export const AuditEntry = Type.Object({
  id: Type.Integer({ description: 'Rises with each entry', examples: [1812] }),
  time: Timestamp,
  user_public_id: Type.Union([UserId, Type.Null()], {
    description: 'Who did it; null: the system',
    examples: ['usr_7k2m9q4tx3ab'],
  }),
  username: Type.Union([Type.String(), Type.Null()], {
    description: 'Name of who did it, as it is now',
    examples: ['ada'],
  }),
  token_public_id: Type.Union([ApiTokenId, Type.Null()], {
    description: 'API token that was used; null: a login',
    examples: [null],
  }),
  entity: Type.String({ description: 'What kind of thing was changed', examples: ['event'] }),
  entity_public_id: Type.String({ description: 'Public id of what was changed', examples: ['evt_7k2m9q4tx3ab'] }),
  action: Type.String({ description: 'What was done', examples: ['updated'] }),
  before: Type.Unknown({ description: 'As it was; null when it was made', examples: [{ unit: '°C' }] }),
  after: Type.Unknown({ description: 'As it is since; null when it is gone', examples: [{ unit: 'K' }] }),
})
export type AuditEntry = Static<typeof AuditEntry>
export const AuditPage = pageOf(AuditEntry)

export const AuditQuery = Type.Object({
  ...Page.properties,
  user: Type.Optional(
    Type.String({ maxLength: 64, description: 'Only what this user did', examples: ['usr_7k2m9q4tx3ab'] }),
  ),
  entity: Type.Optional(
    Type.String({ maxLength: 64, description: 'Only changes of this kind of thing', examples: ['event'] }),
  ),
  entity_id: Type.Optional(
    Type.String({ maxLength: 64, description: 'Only changes of this thing', examples: ['evt_7k2m9q4tx3ab'] }),
  ),
  action: Type.Optional(
    Type.String({ maxLength: 64, description: 'Only changes of this sort', examples: ['updated'] }),
  ),
  from: Type.Optional(
    Type.String({ maxLength: 64, description: 'Not before this moment, UTC', examples: ['2026-11-01T00:00:00Z'] }),
  ),
  to: Type.Optional(
    Type.String({ maxLength: 64, description: 'Before this moment, UTC', examples: ['2026-12-01T00:00:00Z'] }),
  ),
})
export type AuditQuery = Static<typeof AuditQuery>
