import type {
  ApiToken,
  CreateApiToken,
  CreatedApiToken,
  CreateUser,
  Success,
  UpdateUser,
  User,
  UserId,
} from '@webmacs/contracts'
import type { Http, RequestOptions } from '../http.ts'
import { type Listed, listOf } from '../lists.ts'
import {
  type Created,
  create,
  type Deletable,
  deletable,
  pathTo,
  publicIdOf,
  type Readable,
  readable,
  type Updatable,
  updatable,
} from './things.ts'

export interface UsersClient extends Listed<User>, Readable<User>, Updatable<UpdateUser>, Deletable {
  create(user: CreateUser, options?: RequestOptions): Promise<Created<UserId>>
}

export const usersClient = (http: Http): UsersClient => ({
  ...listOf<User>(http, '/users', publicIdOf),
  ...readable<User>(http, '/users'),
  ...updatable<UpdateUser>(http, '/users'),
  ...deletable(http, '/users'),
  create: (user, options) => create(http, '/users', user, options),
})

export interface TokensClient extends Listed<ApiToken> {
  /** The answer holds the token itself, this once. Needs a login; an API token cannot make others. */
  create(token: CreateApiToken, options?: RequestOptions): Promise<CreatedApiToken>
  delete(id: string, options?: RequestOptions): Promise<Success>
}

export const tokensClient = (http: Http): TokensClient => ({
  ...listOf<ApiToken>(http, '/tokens', publicIdOf),
  create: (token, options) => create(http, '/tokens', token, options),
  delete: (id, options) => http.send(pathTo('/tokens', id), { method: 'DELETE', ...options }),
})
