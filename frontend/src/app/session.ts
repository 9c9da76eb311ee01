/** Where the access token is kept; other pages of this origin know it by this name. */
const TOKEN_KEY = 'access_token'

/** Who is logged in, as far as the browser knows: the token alone. The user behind it is server state. */
export interface Session {
  token(): string | undefined
  signIn(token: string): void
  signOut(): void
  subscribe(listener: () => void): () => void
}

/** @param page tells when another tab signs in or out */
export function createSession(storage: Storage, page: Pick<EventTarget, 'addEventListener'>): Session {
  const listeners = new Set<() => void>()
  const tell = (): void => {
    for (const listener of listeners) listener()
  }
  page.addEventListener('storage', tell)
  return {
    token: () => storage.getItem(TOKEN_KEY) ?? undefined,
    signIn: (token) => {
      storage.setItem(TOKEN_KEY, token)
      tell()
    },
    signOut: () => {
      if (storage.getItem(TOKEN_KEY) === null) return
      storage.removeItem(TOKEN_KEY)
      tell()
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
