import type { Principal } from '@webmacs/auth/fastify'
import { hashPassword } from '@webmacs/auth/passwords'
import { AppError, type CreateUser, newId, type Page, type User, type UserId } from '@webmacs/contracts'
import { type Row, type Tables, violatedUnique } from '@webmacs/database'
import { limitOf, offsetOf } from '@webmacs/http-kit/paging'
import type { Versioned } from '@webmacs/http-kit/versions'
import type { Kysely, Transaction } from 'kysely'
import { userAnswer } from '../auth/users.ts'
import type { Changes } from '../changes/changes.ts'
import { mergeSettings } from './settings.ts'

/** Active users, oldest first. */
export async function listUsers(db: Kysely<Tables>, page: Page): Promise<{ total: number; users: User[] }> {
  const active = db.selectFrom('users').where('deactivated_on', 'is', null)
  const [rows, { total }] = await Promise.all([
    active.selectAll().orderBy('id').limit(limitOf(page)).offset(offsetOf(page)).execute(),
    active.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
  ])
  return { total, users: rows.map(userAnswer) }
}

/** @throws AppError `user.unknown`, also for a deactivated one */
export async function findUser(db: Kysely<Tables>, id: UserId): Promise<Versioned<User>> {
  const row = await db
    .selectFrom('users')
    .selectAll()
    .where('public_id', '=', id)
    .where('deactivated_on', 'is', null)
    .executeTakeFirst()
  if (row === undefined) throw unknownUser(id)
  return { value: userAnswer(row), updatedOn: row.updated_on }
}

/** @throws AppError `user.exists`, `request.invalid` */
export async function createUser(changes: Changes, input: CreateUser, by: Principal): Promise<UserId> {
  const { email, username, role = 'viewer' } = input
  const settings = mergeSettings({}, input.settings)
  const password_hash = await hashPassword(input.password)
  const id = newId('usr')
  await changes.make(by, async ({ trx, record }) => {
    await trx
      .insertInto('users')
      .values({ public_id: id, email, username, role, password_hash, settings: JSON.stringify(settings) })
      .execute()
      .catch(userTaken({ email, username }))
    await record({ entity: 'user', verb: 'created', id, after: { email, username, role, settings } })
  })
  return id
}

/**
 * Holds an active user, and with them every active admin where the question is whether one remains. All are locked in one order, so that
 * two who take each other's rights wait for one another instead of ending both; referring to a locked user stays possible.
 * @throws AppError `user.unknown`
 */
export async function lockUser(
  trx: Transaction<Tables>,
  id: UserId,
  { withAdmins }: { readonly withAdmins: boolean },
): Promise<{ user: Row<'users'>; otherAdmins: number }> {
  const rows = await trx
    .selectFrom('users')
    .selectAll()
    .where('deactivated_on', 'is', null)
    .where(({ or, eb }) => or([eb('public_id', '=', id), ...(withAdmins ? [eb('role', '=', 'admin')] : [])]))
    .orderBy('id')
    .forNoKeyUpdate()
    .execute()
  const user = rows.find(({ public_id }) => public_id === id)
  if (user === undefined) throw unknownUser(id)
  return { user, otherAdmins: rows.filter(({ role, public_id }) => role === 'admin' && public_id !== id).length }
}

/** Turns the database's refusal of a taken email or name into ours, which says which. */
export function userTaken({ email, username }: Pick<User, 'email' | 'username'>): (err: unknown) => never {
  return (err) => {
    const violated = violatedUnique(err)
    if (violated === 'users_email_key') throw taken('email', email, err)
    if (violated === 'users_username_key') throw taken('username', username, err)
    throw err
  }
}

function taken(field: 'email' | 'username', value: string, cause: unknown): AppError {
  const errors = [{ field: `body.${field}`, rule: 'is taken by another user', value }]
  return new AppError('user.exists', {
    detail: `User already exists: the ${field} '${value}' is taken.`,
    errors,
    cause,
  })
}

const unknownUser = (id: string): AppError => new AppError('user.unknown', { detail: `User '${id}' not found.` })
