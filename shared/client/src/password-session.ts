import type { ClientOptions } from './client.ts'
import { createCredentials } from './credentials.ts'
import { createHttp } from './http.ts'
import { authClient } from './resources/auth.ts'
import { DEFAULT_RETRY } from './retry.ts'
import { systemTimers } from './timers.ts'

export interface PasswordSessionOptions {
  readonly baseUrl: string
  readonly email: string
  readonly password: string
  readonly fetch?: typeof globalThis.fetch
}

/**
 * Options of a client for scripts and services: logs in with the first request, and again when the token is no longer taken.
 * A login that fails is thrown by the request that needed it.
 */
export function passwordSession(
  options: PasswordSessionOptions,
): Pick<ClientOptions, 'baseUrl'> & Required<Pick<ClientOptions, 'getToken' | 'onUnauthorized'>> {
  const auth = authClient(
    createHttp({
      baseUrl: options.baseUrl,
      credentials: createCredentials({ getToken: () => undefined }),
      retry: DEFAULT_RETRY,
      timeoutMs: 15_000,
      fetch: options.fetch ?? ((...args) => globalThis.fetch(...args)),
      timers: systemTimers,
      random: Math.random,
    }),
  )
  let token: Promise<string> | undefined
  const logIn = (): Promise<string> => {
    const loggedIn = auth
      .login({ email: options.email, password: options.password })
      .then(({ access_token }) => access_token)
    loggedIn.catch(() => {
      if (token === loggedIn) token = undefined // the next request tries anew
    })
    token = loggedIn
    return loggedIn
  }
  return { baseUrl: options.baseUrl, getToken: () => token ?? logIn(), onUnauthorized: logIn }
}
