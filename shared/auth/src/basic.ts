const BASIC = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i

export interface EmailAndPassword {
  readonly email: string
  readonly password: string
}

/**
 * What an `Authorization: Basic` header holds, as browsers ask people for it; UTF-8.
 * @returns undefined when there is none, or one without a colon
 */
export function basicCredentials(header: string | undefined): EmailAndPassword | undefined {
  const text = Buffer.from(BASIC.exec(header ?? '')?.[1] ?? '', 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : { email: text.slice(0, colon), password: text.slice(colon + 1) }
}
