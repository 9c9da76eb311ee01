import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { principalOf } from '@webmacs/auth/fastify'
import {
  type ApiTokenId,
  ApiTokenPage,
  AppError,
  CreateApiToken,
  CreatedApiToken,
  Page,
  Success,
  success,
} from '@webmacs/contracts'
import type { Tables } from '@webmacs/database'
import { anyId } from '@webmacs/http-kit/ids'
import { pageAnswer } from '@webmacs/http-kit/paging'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'
import type { Changes } from '../changes/changes.ts'
import { deleteApiToken, listApiTokens, makeApiToken } from './token-store.ts'

export interface TokenRoutesOptions {
  readonly db: Kysely<Tables>
  readonly changes: Changes
}

const tags = ['API tokens']

export const tokenRoutes =
  ({ db, changes }: TokenRoutesOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/tokens',
      {
        schema: {
          summary: 'List API tokens, newest first',
          description: 'Your own; admins see those of everybody.',
          tags,
          querystring: Page,
          response: { 200: ApiTokenPage },
        },
      },
      async (request) => {
        const { total, tokens } = await listApiTokens(db, request.query, principalOf(request))
        return pageAnswer(request.query, total, tokens)
      },
    )

    app.post(
      '/tokens',
      {
        schema: {
          summary: 'Create an API token',
          description: 'It may do what you may. The answer holds the token, and nothing will show it again.',
          tags,
          body: CreateApiToken,
          response: { 201: CreatedApiToken },
        },
      },
      async (request, reply) => reply.code(201).send(await makeApiToken(changes, request.body, principalOf(request))),
    )

    app.delete(
      '/tokens/:id',
      {
        config: { errors: ['token.unknown'] },
        schema: {
          summary: 'Delete an API token',
          description: 'It is refused from then on. A token of somebody else is unknown to all but admins.',
          tags,
          params: Type.Object({ id: anyId<ApiTokenId>('API token', 'tok') }),
          response: { 200: Success },
        },
      },
      async (request) => {
        const { id } = request.params
        if (await deleteApiToken(changes, id, { by: principalOf(request) })) {
          return success('API token successfully deleted.', id)
        }
        throw new AppError('token.unknown', { detail: 'API token not found.' })
      },
    )
  }
