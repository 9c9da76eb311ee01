import type { LoginRequest, LoginResponse, SsoConfig, Success, User } from '@webmacs/contracts'
import type { Http, RequestOptions } from '../http.ts'

export interface AuthClient {
  /** Answers with an access token; handing it out by `getToken` is the caller's part (or `passwordSession`'s). */
  login(credentials: LoginRequest, options?: RequestOptions): Promise<LoginResponse>
  /** Revokes the token in force. */
  logout(options?: RequestOptions): Promise<Success>
  /** Who the token belongs to. */
  me(options?: RequestOptions): Promise<User>
  ssoConfig(options?: RequestOptions): Promise<SsoConfig>
}

export const authClient = (http: Http): AuthClient => ({
  login: (body, options) => http.send('/auth/login', { method: 'POST', body, session: 'anonymous', ...options }),
  logout: (options) => http.send('/auth/logout', { method: 'POST', session: 'ending', ...options }),
  me: (options) => http.send('/auth/me', { ...options }),
  ssoConfig: (options) => http.send('/auth/sso/config', { session: 'anonymous', ...options }),
})
