export type MaybePromise<T> = T | Promise<T>

/** What a client authenticates with. */
export interface CredentialOptions {
  /** The access or API token in force, or undefined when nobody is logged in. */
  readonly getToken: () => MaybePromise<string | undefined>
  /**
   * The server no longer takes the token. May return another one, which `getToken` returns from then on: the request is sent once more with it,
   * and everything that was refused meanwhile waits for the same one. Not called for a failed login.
   */
  readonly onUnauthorized?:
    | ((refused: string | undefined) => void)
    | ((refused: string | undefined) => MaybePromise<string | undefined>)
}

export interface Credentials {
  token(): MaybePromise<string | undefined>
  /** Another token in place of the refused one, or undefined when there is none. */
  renew(refused: string | undefined): Promise<string | undefined>
}

/** Many requests may be refused at once; the token is renewed once for all of them. */
export function createCredentials({ getToken, onUnauthorized }: CredentialOptions): Credentials {
  let renewing: Promise<string | undefined> | undefined
  const askOwner = async (refused: string | undefined): Promise<string | undefined> => {
    const renewed = await onUnauthorized?.(refused)
    return typeof renewed === 'string' ? renewed : undefined
  }
  return {
    token: getToken,
    renew: async (refused) => {
      const current = renewing === undefined ? await getToken() : refused
      if (current !== refused) return current // another request has renewed it, or ended the session, while this one was under way
      renewing ??= askOwner(refused).finally(() => {
        renewing = undefined
      })
      return await renewing
    },
  }
}
