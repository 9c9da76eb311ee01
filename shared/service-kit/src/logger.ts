import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino'

export type { Logger }

const SECRETS = ['password', 'token', 'access_token', 'authorization', 'cookie', 'secret', 'set-cookie']

/** At any of the first three levels: `password`, `req.password`, `req.headers.authorization`. */
const REDACTED = SECRETS.flatMap((name) => {
  const key = name.includes('-') ? `["${name}"]` : name
  const below = name.includes('-') ? key : `.${key}`
  return [key, `*${below}`, `*.*${below}`]
})

/** JSON lines to standard output, with `service` on each and secrets left out. Pretty printing is the reader's business. */
export function createLogger(
  options: { readonly service: string; readonly level?: string },
  destination: DestinationStream = process.stdout,
): Logger {
  const settings = {
    level: options.level ?? 'info',
    base: { service: options.service },
    timestamp: stdTimeFunctions.isoTime,
    redact: { paths: REDACTED, censor: '[redacted]' },
  }
  // Not pino's own destination: when nobody reads it any more, it tries its last line again for ever and the process never ends.
  return pino(settings, destination)
}
