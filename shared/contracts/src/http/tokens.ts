import { type Static, Type } from 'typebox'
import { ApiTokenId, UserId } from '../ids.ts'
import { Timestamp } from '../time.ts'
import { NOT_BLANK, pageOf } from './common.ts'

/** What every API token begins with: `wm_` and 64 characters of base64url. */
export const API_TOKEN_PREFIX = 'wm_'

const name = Type.String({
  maxLength: 255,
  pattern: NOT_BLANK,
  description: 'What the token is for',
  examples: ['weather station'],
})
const nullableMoment = (description: string) => Type.Union([Timestamp, Type.Null()], { description, examples: [null] })
const expiresAt = nullableMoment('When it stops working, UTC; null: never')

export const ApiToken = Type.Object({
  public_id: ApiTokenId,
  name,
  last_used_at: nullableMoment('When it was last used, UTC, to about a minute; null: never'),
  expires_at: expiresAt,
  created_at: Timestamp,
  user_public_id: UserId,
})
export type ApiToken = Static<typeof ApiToken>
export const ApiTokenPage = pageOf(ApiToken)

export const CreateApiToken = Type.Object({
  name,
  expires_at: Type.Optional(
    Type.Union([Type.String({ maxLength: 64 }), Type.Number(), Type.Null()], {
      description:
        'When it stops working: ISO 8601 date or date and time (UTC where no offset is given), or seconds since 1970; null: never',
      examples: ['2027-12-31T00:00:00Z'],
    }),
  ),
})
export type CreateApiToken = Static<typeof CreateApiToken>

export const CreatedApiToken = Type.Object({
  public_id: ApiTokenId,
  name,
  token: Type.String({
    description: 'The token itself: shown here and never again',
    examples: ['wm_Yk3fV0pQ8sX2nJ7dR5tL1wZ9cB4gH6mKaEuTyOiPlNvMxCqWzSrDfGhJkLpQeRtY'],
  }),
  expires_at: expiresAt,
  created_at: Timestamp,
})
export type CreatedApiToken = Static<typeof CreatedApiToken>
