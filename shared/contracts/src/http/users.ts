import { type Static, type TSchema, Type } from 'typebox'
import { UserId } from '../ids.ts'
import { Role } from '../roles.ts'
import { Timestamp } from '../time.ts'
import { NOT_BLANK, pageOf } from './common.ts'

export const Email = Type.String({
  minLength: 3,
  maxLength: 254,
  pattern: '^[^@\\s]+@[^@\\s]+$',
  description: 'Email address; its case does not matter, local domains are welcome',
  examples: ['admin@webmacs.io'],
})

const nullable = <Schema extends TSchema>(schema: Schema, options: { description: string; examples: unknown[] }) =>
  Type.Union([schema, Type.Null()], options)
const unchanged = { description: 'Null or left out: stays as it is', examples: [null] }

const Theme = Type.Unsafe<'light' | 'dark' | 'system'>(Type.Enum(['light', 'dark', 'system']))

/** How a user likes to see the system. Absent or null: as the installation has it. */
export const UserSettings = Type.Object(
  {
    theme: Type.Optional(nullable(Theme, { description: 'Colours; system follows the device', examples: ['dark'] })),
    language: Type.Optional(
      nullable(Type.String({ pattern: '^[a-z]{2,3}(-[A-Z]{2})?$' }), { description: 'Language tag', examples: ['de'] }),
    ),
    time_zone: Type.Optional(
      nullable(Type.String({ minLength: 1, maxLength: 64 }), {
        description: 'Name of a time zone in the IANA database',
        examples: ['Europe/Berlin'],
      }),
    ),
    start_page: Type.Optional(
      nullable(Type.String({ pattern: '^/', maxLength: 255 }), {
        description: 'Path of the page shown after login',
        examples: ['/'],
      }),
    ),
  },
  { description: 'How the user likes to see the system; absent or null: as the installation has it' },
)
export type UserSettings = Static<typeof UserSettings>

const username = Type.String({
  minLength: 2,
  maxLength: 50,
  pattern: NOT_BLANK,
  description: 'Unique name',
  examples: ['ada'],
})
const password = Type.String({
  minLength: 8,
  maxLength: 1024,
  description: 'Password; all of it counts',
  examples: ['correct horse battery'],
})

export const User = Type.Object({
  public_id: UserId,
  email: Email,
  username,
  role: Role,
  admin: Type.Boolean({ description: 'Whether role is admin' }),
  registered_on: Timestamp,
  sso_provider: Type.Union([Type.String(), Type.Null()], {
    description: 'Provider of single sign-on that the user comes from; null: logs in with a password',
    examples: [null],
  }),
  settings: UserSettings,
})
export type User = Static<typeof User>
export const UserPage = pageOf(User)

export const CreateUser = Type.Object({
  email: Email,
  username,
  password,
  role: Type.Optional(Type.Unsafe<Role>({ ...Role, default: 'viewer' })),
  settings: Type.Optional(UserSettings),
})
export type CreateUser = Static<typeof CreateUser>

/** Null, as older clients send it for a field that stays as it is, changes nothing. */
export const UpdateUser = Type.Object({
  email: Type.Optional(nullable(Email, unchanged)),
  username: Type.Optional(nullable(username, unchanged)),
  password: Type.Optional(nullable(password, unchanged)),
  role: Type.Optional(nullable(Role, unchanged)),
  settings: Type.Optional(nullable(UserSettings, unchanged)),
})
export type UpdateUser = Static<typeof UpdateUser>
