import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { forbidden, type Principal, principalOf } from '@webmacs/auth/fastify'
import { CreateUser, Page, Success, success, UpdateUser, User, type UserId, UserPage } from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { anyId } from '@webmacs/http-kit/ids'
import { pageAnswer } from '@webmacs/http-kit/paging'
import { editOf, IfMatch, tagAnswer } from '@webmacs/http-kit/versions'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'
import { deactivateUser } from './deactivate-user.ts'
import { type UserChangeOptions, updateUser } from './update-user.ts'
import { createUser, findUser, listUsers } from './user-store.ts'

export interface UserRoutesOptions extends UserChangeOptions {
  readonly db: Kysely<Tables>
}

const tags = ['Users']
const ById = Type.Object({ id: anyId<UserId>('user', 'usr') })

export const userRoutes =
  (options: UserRoutesOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/users',
      {
        schema: {
          summary: 'List users, oldest first',
          description: 'Deactivated ones are left out.',
          tags,
          querystring: Page,
          response: { 200: UserPage },
        },
      },
      async ({ query }) => {
        const { total, users } = await listUsers(options.db, query)
        return pageAnswer(query, total, users)
      },
    )

    app.post(
      '/users',
      {
        config: { errors: ['user.exists'] },
        schema: { summary: 'Create a user', tags, body: CreateUser, response: { 201: Success } },
      },
      async (request, reply) => {
        const id = await createUser(options.changes, request.body, principalOf(request))
        return reply.code(201).send(success('User successfully created.', id))
      },
    )

    app.get(
      '/users/:id',
      {
        config: { errors: ['user.unknown'] },
        schema: { summary: 'Read a user', tags, params: ById, response: { 200: User } },
      },
      async (request, reply) => {
        checkMayRead(principalOf(request), request.params.id)
        const { value, updatedOn } = await findUser(options.db, request.params.id)
        tagAnswer(reply, updatedOn)
        return value
      },
    )

    app.put(
      '/users/:id',
      {
        config: {
          errors: ['auth.login-needed', 'user.unknown', 'user.exists', 'user.last-admin', 'request.precondition'],
        },
        schema: {
          summary: 'Change a user',
          description:
            'Fields that are left out or null stay as they are; settings are merged, and one that is null is taken away. Only admins change roles. A new password ends the sessions of the user, but for the one that it was set in; an API token cannot set one.',
          tags,
          headers: IfMatch,
          params: ById,
          body: UpdateUser,
          response: { 200: Success },
        },
      },
      async (request, reply) => {
        const { id } = request.params
        tagAnswer(reply, await updateUser(options, id, request.body, editOf(request)))
        return success('User successfully updated.', id)
      },
    )

    app.delete(
      '/users/:id',
      {
        config: { errors: ['user.unknown', 'user.self', 'user.last-admin', 'request.precondition'] },
        schema: {
          summary: 'Deactivate a user',
          description:
            'Sessions and API tokens of the user stop working within a second; email and name become free. What the user made is kept.',
          tags,
          headers: IfMatch,
          params: ById,
          response: { 200: Success },
        },
      },
      async (request) => {
        const { id } = request.params
        await deactivateUser(options, id, editOf(request))
        return success('User successfully deleted.', id)
      },
    )
  }

/** The same refusal whether there is such a user or not. */
function checkMayRead(by: Principal, id: UserId): void {
  if (by.id !== id && by.role !== 'admin') throw forbidden('admin')
}
