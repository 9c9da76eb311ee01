import { AppError, type UserId } from '@webmacs/contracts'
import { checkVersion, type Edit, nextVersion } from '@webmacs/http-kit/versions'
import { sql } from 'kysely'
import { deleteTokensOf } from '../tokens/token-store.ts'
import { lastAdmin, nextSessionVersion, type UserChangeOptions } from './update-user.ts'
import { lockUser } from './user-store.ts'

/**
 * Ends somebody's access: sessions and API tokens stop working, email and name become free. What they made stays, and stays theirs.
 * @throws AppError `user.unknown`, `user.self`, `user.last-admin`, `request.precondition`
 */
export async function deactivateUser(
  { changes, revocations }: UserChangeOptions,
  id: UserId,
  { by, expected }: Edit,
): Promise<void> {
  if (by.id === id) throw new AppError('user.self')
  const version = await changes.make(by, async ({ trx, record }) => {
    const { user, otherAdmins } = await lockUser(trx, id, { withAdmins: true })
    checkVersion(expected, user.updated_on)
    if (user.role === 'admin' && otherAdmins === 0) throw lastAdmin('deleted')
    const { email, username, role } = user
    await record({ entity: 'user', verb: 'deactivated', id, before: { email, username, role } })
    await deleteTokensOf({ trx, record }, { id, key: user.id })
    const { session_version } = await trx
      .updateTable('users')
      .set({ deactivated_on: sql`now()`, updated_on: nextVersion })
      .set({ session_version: nextSessionVersion, kept_session: null })
      .where('id', '=', user.id)
      .returning('session_version')
      .executeTakeFirstOrThrow()
    return session_version
  })
  await revocations.tellEnded({ user: id, version, kept: null })
}
