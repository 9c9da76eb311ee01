import { isDeepStrictEqual } from 'node:util'
import type { Principal } from '@webmacs/auth/fastify'
import { hashPassword } from '@webmacs/auth/passwords'
import { AppError, type Micros, type UpdateUser, type User, type UserId } from '@webmacs/contracts'
import { checkVersion, type Edit, nextVersion } from '@webmacs/http-kit/versions'
import { type RawBuilder, sql } from 'kysely'
import type { Revocations } from '../auth/revocations.ts'
import type { Changes } from '../changes/changes.ts'
import { mergeSettings } from './settings.ts'
import { lockUser, userTaken } from './user-store.ts'

export interface UserChangeOptions {
  readonly changes: Changes
  readonly revocations: Revocations
}

/** SQL for the version of sessions that leaves all that began before behind. */
export const nextSessionVersion: RawBuilder<number> = sql<number>`session_version + 1`

/**
 * Changes what the input names and is not null. A new password ends the user's sessions, but for the one that it was set in.
 * @returns the version that is in force then
 * @throws AppError `auth.forbidden`, `auth.login-needed`, `user.unknown`, `user.exists`, `user.last-admin`, `request.precondition`, `request.invalid`
 */
export async function updateUser(
  { changes, revocations }: UserChangeOptions,
  id: UserId,
  input: UpdateUser,
  { by, expected }: Edit,
): Promise<Micros> {
  checkMayUpdate(by, id, input)
  const passwordHash = input.password ? await hashPassword(input.password) : undefined
  const kept = keptSession(by, id)
  const changed = await changes.make(by, async ({ trx, record }) => {
    const { user, otherAdmins } = await lockUser(trx, id, { withAdmins: typeof input.role === 'string' })
    checkVersion(expected, user.updated_on)
    const before = factsOf(user)
    const after = factsAfter(before, input)
    const role = input.role ?? user.role
    if (user.role === 'admin' && role !== 'admin' && otherAdmins === 0) throw lastAdmin('demoted')
    const isSame = isDeepStrictEqual(before, after)
    if (isSame && role === user.role && passwordHash === undefined) return user
    const row = await trx
      .updateTable('users')
      .set({ ...after, settings: JSON.stringify(after.settings), role, updated_on: nextVersion })
      .$if(passwordHash !== undefined, (update) =>
        update.set({ password_hash: passwordHash, session_version: nextSessionVersion, kept_session: kept }),
      )
      .where('id', '=', user.id)
      .returning(['updated_on', 'session_version'])
      .executeTakeFirstOrThrow()
      .catch(userTaken(after))
    if (!isSame) await record({ entity: 'user', verb: 'updated', id, before, after })
    if (role !== user.role) {
      await record({ entity: 'user', verb: 'role_changed', id, before: { role: user.role }, after: { role } })
    }
    if (passwordHash !== undefined) await record({ entity: 'user', verb: 'password_changed', id })
    return row
  })
  if (passwordHash !== undefined) {
    await revocations.tellEnded({ user: id, version: changed.session_version, kept })
  }
  return changed.updated_on
}

/** @param what would have been done to the last admin */
export const lastAdmin = (what: 'demoted' | 'deleted'): AppError =>
  new AppError('user.last-admin', { detail: `The last admin cannot be ${what}: make somebody else an admin first.` })

function checkMayUpdate(by: Principal, id: UserId, { role, password }: UpdateUser): void {
  if (by.role !== 'admin' && by.id !== id) {
    throw new AppError('auth.forbidden', { detail: 'You can only update your own profile.' })
  }
  if (by.role !== 'admin' && typeof role === 'string') {
    throw new AppError('auth.forbidden', { detail: 'Only admins can change user roles.' })
  }
  // A token that leaks must not make itself at home: by a password, or by the rights of somebody else.
  const givesPower = typeof password === 'string' || typeof role === 'string'
  if (givesPower && by.credential.kind !== 'login') throw new AppError('auth.login-needed')
}

/** The session of a person who sets their own password goes on. */
const keptSession = ({ id: own, credential }: Principal, id: UserId): string | null =>
  own === id && credential.kind === 'login' ? credential.claims.jti : null

type UserFacts = Pick<User, 'email' | 'username' | 'settings'>

const factsOf = ({ email, username, settings }: UserFacts): UserFacts => ({ email, username, settings })

const factsAfter = (before: UserFacts, { email, username, settings }: UpdateUser): UserFacts => ({
  email: email ?? before.email,
  username: username ?? before.username,
  settings: mergeSettings(before.settings, settings),
})
