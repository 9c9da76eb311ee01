import { Type } from 'typebox'

/** From least to most: each role may do all that the ones before it may. */
export const ROLES = ['viewer', 'operator', 'admin'] as const
export type Role = (typeof ROLES)[number]
export const Role = Type.Unsafe<Role>(
  Type.Enum([...ROLES], { description: 'What the user may do: viewer < operator < admin' }),
)

export const mayActAs = (held: Role, needed: Role): boolean => ROLES.indexOf(held) >= ROLES.indexOf(needed)
