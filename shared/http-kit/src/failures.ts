import { NoReplyError } from '@webmacs/bus'
import { AppError, type ErrorCode } from '@webmacs/contracts'
import { isDatabaseAway } from '@webmacs/database'

/**
 * The one place that turns any error into one of the catalogue: the framework's refusals and a dependency that is away into what they are,
 * everything unexpected into `internal` with the original as its cause.
 */
export function asAppError(err: unknown): AppError {
  if (err instanceof AppError) return err
  if (!(err instanceof Error)) return new AppError('internal', { cause: err })
  if (err instanceof NoReplyError) return new AppError('broker.unavailable', { cause: err })
  return fromFramework(err) ?? fromDatabase(err) ?? new AppError('internal', { cause: err })
}

const FRAMEWORK_CODES: Record<string, readonly [ErrorCode, string]> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['request.too-large', 'The body is larger than this route takes.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['request.media-type', 'The body must be application/json.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['request.invalid', 'The body is not as long as Content-Length says.'],
  FST_ERR_MAX_PARAM_LENGTH: ['route.unknown', 'Not Found'],
  FST_ERR_BAD_URL: ['request.invalid', 'The address is not a valid URL.'],
  FST_ERR_ASYNC_CONSTRAINT: ['route.unknown', 'Not Found'],
  FST_ERR_HANDLER_TIMEOUT: ['service.unavailable', 'The answer took too long; try again later.'],
}

function fromFramework(err: Error): AppError | undefined {
  const known = FRAMEWORK_CODES[codeOf(err) ?? '']
  if (known !== undefined) return new AppError(known[0], { detail: known[1], cause: err })
  const status: unknown = Reflect.get(err, 'statusCode')
  const isCallersFault = typeof status === 'number' && status >= 400 && status < 500
  return isCallersFault ? new AppError('request.invalid', { detail: err.message, cause: err }) : undefined
}

/** A character that PostgreSQL cannot store in text: NUL. */
const UNSTORABLE = /^(22021|22P05)$/

/** The database gave a statement up: it took too long, or waited too long for somebody else's. */
const QUERY_CANCELED = '57014'
const TOO_LONG = 'The answer took too long; try again later.'

function fromDatabase(err: Error): AppError | undefined {
  const code = codeOf(err) ?? ''
  if (code === QUERY_CANCELED) return new AppError('service.unavailable', { detail: TOO_LONG, cause: err })
  if (isDatabaseAway(err)) return new AppError('database.unavailable', { cause: err })
  if (UNSTORABLE.test(code)) {
    return new AppError('request.invalid', { detail: 'Text must not contain NUL characters.', cause: err })
  }
  return undefined
}

function codeOf(err: Error): string | undefined {
  const code: unknown = Reflect.get(err, 'code')
  return typeof code === 'string' ? code : undefined
}
